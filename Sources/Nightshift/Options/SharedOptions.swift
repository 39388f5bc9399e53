internal import ArgumentParser
internal import Foundation

/// The flags that every command takes.
struct SharedOptions: ParsableArguments {
    @Option(help: "The team's database, as postgres://… (or NIGHTSHIFT_DATABASE). Without it a private cluster is used.")
    var database: String?

    @Option(help: "Folder of the private cluster (default: .nightshift beside the study file, or here).")
    var dataDir: String?

    @Flag(help: "Neither read nor write the team's cache of LM answers.")
    var noCache = false

    @Flag(help: "Print one JSON document to standard output.")
    var json = false

    @Flag(help: "Say nothing but the result.")
    var quiet = false

    @Flag(help: "Use no colours (or NO_COLOR).")
    var noColor = false

    @Option(help: "How much to say of what goes on: error, info or debug.")
    var logLevel: LogLevel = .info

    enum LogLevel: String, ExpressibleByArgument, CaseIterable {
        case error
        case info
        case debug
    }

    /// The address of the team's database, where one is named.
    var databaseURL: String? {
        if let database { return database }
        let value = ProcessInfo.processInfo.environment["NIGHTSHIFT_DATABASE"]
        return value?.isEmpty == false ? value : nil
    }

    /// Progress and notices, which `--quiet` leaves out.
    func say(_ text: String) {
        if !quiet, logLevel != .error { Console.say(text) }
    }

    /// A log for the parts of the system.
    var log: @Sendable (String) -> Void {
        let isOn = logLevel == .debug
        return { text in if isOn { Console.say(text) } }
    }

    var isColoured: Bool {
        !noColor && ProcessInfo.processInfo.environment["NO_COLOR"] == nil && isatty(STDERR_FILENO) == 1
    }
}
