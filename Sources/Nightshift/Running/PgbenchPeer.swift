internal import Foundation
internal import JSON
internal import PrivateCluster
internal import Store

/// pgbench as a worker: prepared statements, two threads, the script of ``QueueRig``.
struct PgbenchPeer: Sendable {
    var program: String
    var url: String
    var folder: URL
    var batch: Int
    var clients: Int

    func register(in store: Store) async throws {
        for number in 0..<clients {
            guard let session = UUID(uuidString: QueueRig.pgbenchSession(number)) else { continue }
            try await store.register(session: session, name: "pgbench", info: [:], ttl: .seconds(86_400))
        }
    }

    func run(seconds: Double) async throws -> QueueTurn {
        let script = folder.appendingPathComponent("queue.pgbench")
        try QueueRig.pgbenchScript.write(to: script, atomically: true, encoding: .utf8)
        let whole = max(1, Int(seconds.rounded()))
        let clock = ContinuousClock()
        let start = clock.now
        let answer = try await ChildProcess.run([
            program, "-n", "-M", "prepared", "-j", "2", "-c", String(clients), "-T", String(whole), "-f", script.path,
            "-D", "batch=\(batch)", "-D", "detail=\(QueueRig.detail.serialized())", "-D", "usage=\(QueueRig.usage.serialized())",
            url,
        ])
        guard answer.status == 0, answer.output.contains("number of failed transactions: 0 ") else {
            throw CommandFailure(.surroundings, "pgbench failed (status \(answer.status)): \(answer.output.suffix(1000))")
        }
        var turn = QueueTurn()
        turn.seconds = (clock.now - start) / .seconds(1)
        return turn
    }
}
