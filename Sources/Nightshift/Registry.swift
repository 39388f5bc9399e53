internal import ProgramMetrics
public import Programs
internal import Synchronization

/// A program written in Swift, under the name by which study files call it.
public struct RegisteredProgram: Sendable {
    let name: String
    let host: any ProgramHost

    /// - Parameters:
    ///   - name: as in `program: {swift: NAME}`.
    ///   - version: part of the program's fingerprint: raise it when its behaviour changes.
    public init<P: Program>(_ name: String, _ type: P.Type, version: String = "1") {
        self.name = name
        host = SwiftProgram(type, name: name, version: version)
    }
}

/// The programs and metrics that this executable brings along.
enum Registry {
    private struct Entries {
        var programs: [String: any ProgramHost] = [:]
        var metrics: [String: any Metric] = [:]
    }

    private static let entries = Mutex(Entries())

    static func register(_ programs: [RegisteredProgram], metrics: [String: any Metric] = [:]) {
        entries.withLock { entries in
            for program in programs { entries.programs[program.name] = program.host }
            entries.metrics.merge(metrics) { _, new in new }
        }
    }

    static func program(_ name: String) -> (any ProgramHost)? { entries.withLock { $0.programs[name] } }
    static var programNames: [String] { entries.withLock { $0.programs.keys.sorted() } }
    static var metrics: [String: any Metric] { entries.withLock { $0.metrics } }
}
