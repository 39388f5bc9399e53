internal import ArgumentParser
internal import Foundation
internal import JSON

/// Whether a thousand workers get their shares through a pooler.
struct BenchSessionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions", abstract: "Measure many worker sessions through pgbouncer, on a private cluster.",
        discussion: """
            Each session has a connection to pgbouncer and makes the calls of a worker: lease, report, heartbeat; the work \
            between them is a wait. Reported are what each session got, latencies, and the processor time of both servers. The \
            cluster is a fresh one, with fsync on, and is removed afterwards.
            """)

    @Option(help: "How many worker sessions.")
    var sessions = 1000

    @Option(help: "How many connections pgbouncer has to the server.")
    var serverConnections = 50

    @Option(help: "In how many processes the sessions are.")
    var processes = 4

    @Option(help: "How long is measured.")
    var seconds = 60

    @Option(help: "How many units a call leases, and reports.")
    var batch = 10

    @Option(help: "How long a batch takes to run, in milliseconds.")
    var workMs = 5000

    @Flag(help: "Print one JSON document.")
    var json = false

    func validate() throws {
        for (name, value, limit) in [
            ("sessions", sessions, 10_000), ("server-connections", serverConnections, 90), ("processes", processes, 64),
            ("seconds", seconds, 3600), ("batch", batch, 1000),
        ] where !(1...limit).contains(value) {
            throw ValidationError("--\(name) must be from 1 to \(limit)")
        }
        guard (0...600_000).contains(workMs) else { throw ValidationError("--work-ms must be from 0 to 600000") }
    }

    func run() async throws {
        let bench = SessionsBench(
            sessions: sessions, connections: serverConnections, processes: processes, seconds: seconds, batch: batch,
            work: .milliseconds(workMs))
        let figures = try await bench.run { if !json { Console.say($0) } }
        if json { Console.result(figures.json.serialized(.python)) } else { show(figures.lines) }
    }
}

/// A process of `bench sessions`.
struct BenchSessionClientCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "session-client", shouldDisplay: false)

    @Option var url: String
    @Option var count: Int
    @Option var batch: Int
    @Option var workMs: Int
    @Option var start: Double
    @Option var seconds: Int

    func run() async throws {
        let client = SessionsClient(
            url: url, count: count, batch: batch, work: .milliseconds(workMs), start: Date(timeIntervalSince1970: start),
            seconds: seconds)
        Console.result(try await client.run().serialized())
    }
}
