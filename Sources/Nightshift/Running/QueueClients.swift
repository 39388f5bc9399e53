internal import Foundation
internal import JSON
internal import Postgres
internal import Store

/// Workers that do nothing but lease and report, each over a connection of its own.
struct QueueClients: Sendable {
    var address: PostgresAddress
    var batch: Int
    var count: Int

    func run(seconds: Double) async throws -> QueueTurn {
        let stores = (0..<count).map { _ in Store(Database(address: address, patience: .none)) }
        var sessions: [UUID] = []
        for store in stores {
            let session = UUID()
            try await store.register(session: session, name: "bench", info: [:], ttl: .seconds(86_400))
            sessions.append(session)
        }
        let clock = ContinuousClock()
        let start = clock.now
        let end = start + .seconds(seconds)
        var turn = try await withThrowingTaskGroup(of: QueueTurn.self) { group in
            for (store, session) in zip(stores, sessions) {
                group.addTask { try await work(store, session, until: end) }
            }
            return try await group.reduce(into: QueueTurn()) { $0.add($1) }
        }
        turn.seconds = (clock.now - start) / .seconds(1)
        for store in stores { await store.database.close() }
        return turn
    }

    @concurrent
    private func work(_ store: Store, _ session: UUID, until end: ContinuousClock.Instant) async throws -> QueueTurn {
        let clock = ContinuousClock()
        var turn = QueueTurn()
        while clock.now < end {
            let start = clock.now
            let units = try await store.lease(session: session, examples: batch, study: nil, ttl: .seconds(300))
            let leased = clock.now
            turn.leases.append((leased - start) / .milliseconds(1))
            // The queue was empty for a moment.
            guard !units.isEmpty else {
                try await Task.sleep(for: .milliseconds(10))
                continue
            }
            let results = units.map { unit in
                UnitResult(
                    unit: unit.id, content: .example(unit.examples[0], .scored, score: 1, detail: QueueRig.detail),
                    usage: QueueRig.usage, latencyMilliseconds: 5)
            }
            let ready = clock.now
            _ = try await store.report(session: session, results)
            turn.reports.append((clock.now - ready) / .milliseconds(1))
        }
        return turn
    }
}
