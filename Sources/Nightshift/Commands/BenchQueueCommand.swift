internal import ArgumentParser
internal import JSON
internal import Store

/// What the queue carries: lease and report through our own client, and by pgbench in turns with it.
struct BenchQueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "Measure lease and report against a private cluster, beside pgbench.",
        discussion: """
            A unit is one example with 300 bytes of result. Both sides call the same functions on the same database, in turns \
            of a few seconds; the server is a fresh one, with fsync on, and is removed afterwards.
            """)

    @Option(help: "How many units a call leases, and reports.")
    var batch = 10

    @Option(help: "How many connections lease and report at once.")
    var clients = 4

    @Option(help: "How long each side is measured.")
    var seconds = 20

    @Option(help: "How many finished units the database holds before.")
    var finished = 0

    @Flag(help: "Keep a transaction open all the while, as a dump or a forgotten session does.")
    var longTransaction = false

    @Flag(help: "Print one JSON document.")
    var json = false

    func validate() throws {
        for (name, value, limit) in [("batch", batch, 1000), ("clients", clients, 100), ("seconds", seconds, 3600)]
        where !(1...limit).contains(value) {
            throw ValidationError("--\(name) must be from 1 to \(limit)")
        }
        guard (0...100_000_000).contains(finished) else { throw ValidationError("--finished must be from 0 to 100000000") }
    }

    func run() async throws {
        let bench = QueueBench(
            batch: batch, clients: clients, seconds: seconds, finished: finished, holdsTransaction: longTransaction)
        let figures = try await bench.run { if !json { Console.say($0) } }
        if json {
            Console.result(figures.json.serialized(.python))
        } else {
            show(QueueTable().lines(figures))
        }
    }
}
