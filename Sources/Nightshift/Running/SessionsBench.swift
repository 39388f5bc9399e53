internal import Foundation
internal import JSON
internal import Postgres
internal import PrivateCluster
internal import Store

/// Many worker sessions before a pgbouncer with few connections: whether all get their share of the work, and what that costs
/// the database. The sessions are those of the workers' own client code, in a few processes; only the work is a wait.
struct SessionsBench: Sendable {
    var sessions: Int
    var connections: Int
    var processes: Int
    var seconds: Int
    var batch: Int
    /// How long a batch takes to run.
    var work: Duration

    /// How many units are ready at least.
    private static let reserve = 100_000

    func run(say: (String) -> Void) async throws -> SessionsFigures {
        try await QueueBench.onFreshCluster(say) { cluster, folder in
            let address = try PostgresAddress(url: cluster.url)
            try await Migrator.migrate(address)
            var rig = try await QueueBench.makeRig(address)
            try await rig.refill(to: Self.reserve)
            let pooler = try await Pooler(before: cluster.url, connections: connections)
            say("\(sessions) sessions connect through pgbouncer")
            let start = Date().addingTimeInterval(5 + Double(sessions) / 50)
            async let children = clients(pooler.url, from: start, in: folder)
            try await Task.sleep(for: .seconds(max(0, start.timeIntervalSinceNow)))
            say("they lease and report for \(seconds) s")
            let before = (cluster.processorTime, pooler.processorTime, try await rig.finishedUnits())
            let refilling = Task { [rig] in
                var rig = rig
                while !Task.isCancelled {
                    try await rig.refill(to: Self.reserve)
                    try? await Task.sleep(for: .milliseconds(200))
                }
            }
            try await Task.sleep(for: .seconds(seconds))
            let after = (cluster.processorTime, pooler.processorTime, try await rig.finishedUnits())
            refilling.cancel()
            var figures = SessionsFigures(bench: self)
            for client in try await children { figures.add(client) }
            figures.units = after.2 - before.2
            figures.serverTime = after.0 - before.0
            figures.poolerTime = after.1 - before.1
            await rig.store.database.close()
            return figures
        }
    }

    /// Runs the client processes to their end.
    private func clients(_ url: String, from start: Date, in folder: URL) async throws -> [JSON] {
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
        return try await withThrowingTaskGroup(of: JSON.self) { group in
            for number in 0..<processes {
                let count = sessions / processes + (number < sessions % processes ? 1 : 0)
                let client = SessionsClient(url: url, count: count, batch: batch, work: work, start: start, seconds: seconds)
                group.addTask {
                    let answer = try await ChildProcess.run([program, "bench", "session-client"] + client.arguments)
                    guard answer.status == 0, let line = answer.output.split(separator: "\n").last,
                        let json = try? JSON(parsing: String(line))
                    else {
                        throw CommandFailure(.surroundings, "a client of the benchmark failed: \(answer.output.suffix(1000))")
                    }
                    return json
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}
