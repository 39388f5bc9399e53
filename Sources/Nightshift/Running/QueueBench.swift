internal import Foundation
internal import JSON
internal import Postgres
internal import PrivateCluster
internal import Store
internal import Synchronization

/// Measures lease and report: our client and pgbench in turns, so that whatever else the machine does meets both.
struct QueueBench: Sendable {
    var batch: Int
    var clients: Int
    var seconds: Int
    var finished: Int
    var holdsTransaction: Bool

    /// How many units are ready before a turn begins, and how many there are at least while it lasts.
    private static let (ahead, reserve) = (150_000, 60_000)

    func run(say: (String) -> Void) async throws -> QueueFigures {
        guard let pgbench = try? await ServerPrograms.find().path("pgbench"), access(pgbench, X_OK) == 0 else {
            throw CommandFailure(.surroundings, "pgbench is not there: apt-get install postgresql")
        }
        return try await Self.onFreshCluster(say) { cluster, folder in try await measure(cluster, pgbench, folder, say) }
    }

    /// A private cluster with fsync on, and a folder beside it, for the time of a measurement.
    static func onFreshCluster<Figures>(
        _ say: (String) -> Void, _ measure: (PrivateCluster, URL) async throws -> Figures
    ) async throws -> Figures {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "nightshift-bench-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        do {
            let cluster = try await PrivateCluster.open(dataDirectory: folder.path, log: say)
            let result: Result<Figures, any Error>
            do { result = .success(try await measure(cluster, folder)) } catch { result = .failure(error) }
            try? await cluster.close()
            cluster.remove()
            return try result.get()
        } catch let error as PrivateClusterError {
            throw CommandFailure(.surroundings, "the private cluster: \(error)")
        } catch let error as StoreError {
            throw CommandFailure(.surroundings, "\(error)")
        }
    }

    private func measure(
        _ cluster: PrivateCluster, _ pgbench: String, _ folder: URL, _ say: (String) -> Void
    ) async throws -> QueueFigures {
        let address = try PostgresAddress(url: cluster.url)
        try await Migrator.migrate(address)
        var rig = try await Self.makeRig(address)
        if finished > 0 { say("writing \(finished) finished units") }
        try await rig.finish(finished)
        var figures = QueueFigures(bench: self, finishedBefore: try await rig.finishedUnits())
        let transaction = holdsTransaction ? try await LongTransaction.begin(at: address) : nil
        let peer = PgbenchPeer(program: pgbench, url: cluster.url, folder: folder, batch: batch, clients: clients)
        try await peer.register(in: rig.store)
        let client = QueueClients(address: address, batch: batch, count: clients)
        let turns = max(1, min(4, seconds / 3))
        let length = Double(seconds) / Double(turns)
        // Neither has been planned or cached yet.
        _ = try await turn(&rig, cluster) { try await client.run(seconds: 1) }
        for number in 0..<turns {
            say("turn \(number + 1) of \(turns)")
            // Who begins changes from turn to turn, so that growth meets both alike.
            for isPeer in number.isMultiple(of: 2) ? [false, true] : [true, false] {
                if isPeer {
                    figures.peer.add(try await turn(&rig, cluster) { try await peer.run(seconds: length) })
                } else {
                    figures.ours.add(try await turn(&rig, cluster) { try await client.run(seconds: length) })
                }
            }
        }
        await transaction?.end()
        await rig.store.database.close()
        return figures
    }

    /// The study's public id.
    static let studyID = "00000000000000be"

    static func makeRig(_ address: PostgresAddress) async throws -> QueueRig {
        let store = Store(Database(address: address, patience: .none))
        let study = try await store.submit(
            id: studyID, name: "bench", fingerprint: String(repeating: "0", count: 64), spec: ["name": "bench"],
            planVersion: 1, splits: [])
        guard let term = try await store.lead(study: study, holder: UUID(), ttl: .seconds(86_400)) else {
            throw CommandFailure(.surroundings, "the study of the benchmark cannot be led")
        }
        try await store.start(term)
        return QueueRig(store: store, term: term)
    }

    /// One side's turn over a full queue, which is kept full meanwhile.
    private func turn(
        _ rig: inout QueueRig, _ cluster: PrivateCluster, _ run: @Sendable @escaping () async throws -> QueueTurn
    ) async throws -> QueueTurn {
        try await rig.refill(to: Self.ahead)
        let before = try await rig.finishedUnits()
        let (server, own, children) = (cluster.processorTime, ProcessorTime.own, ProcessorTime.children)
        let task = Task {
            let turn = try await run()
            return (turn, cluster.processorTime - server, ProcessorTime.own - own)
        }
        // A flag, and no cancellation: that would break off what is being written.
        let isOver = Atomic(false)
        async let refilling = { [rig] in
            var rig = rig
            while !isOver.load(ordering: .relaxed) {
                try await rig.refill(to: Self.reserve)
                // As coordinators do.
                try await rig.store.foldTallies()
                try? await Task.sleep(for: .milliseconds(100))
            }
            return rig
        }()
        let outcome = await task.result
        isOver.store(true, ordering: .relaxed)
        rig = try await refilling
        var (turn, serverTime, ownTime) = try outcome.get()
        turn.units = try await rig.finishedUnits() - before
        turn.serverTime = serverTime
        let childTime = ProcessorTime.children - children
        // While pgbench works, this process does nothing but fill the queue.
        turn.clientTime = childTime > .zero ? childTime : ownTime
        turn.fillingTime = childTime > .zero ? ownTime : .zero
        return turn
    }
}
