internal import Foundation
internal import JSON
internal import Postgres
internal import Store

/// One process of ``SessionsBench``: many sessions, each with a connection of its own and the workers' calls: it leases, waits
/// as if it ran the batch, reports, and sends heartbeats.
struct SessionsClient: Sendable {
    var url: String
    var count: Int
    var batch: Int
    var work: Duration
    /// When all begin to lease.
    var start: Date
    var seconds: Int

    private static let sessionTTL = Duration.seconds(15)

    var arguments: [String] {
        [
            "--url", url, "--count", String(count), "--batch", String(batch),
            "--work-ms", String(Int(work / .milliseconds(1))), "--start", String(start.timeIntervalSince1970),
            "--seconds", String(seconds),
        ]
    }

    private struct Session: Sendable {
        var units = 0
        var leases: [Double] = []
        var reports: [Double] = []
    }

    func run() async throws -> JSON {
        let address = try PostgresAddress(url: url)
        let stores = (0..<count).map { _ in Store(Database(address: address, patience: .endless, answerLimit: .seconds(75))) }
        let sessions = stores.map { _ in UUID() }
        try await withThrowingDiscardingTaskGroup { group in
            for (store, session) in zip(stores, sessions) {
                group.addTask {
                    try await store.register(session: session, name: "bench", info: [:], ttl: .seconds(300))
                }
            }
        }
        guard start.timeIntervalSinceNow > 0 else {
            throw CommandFailure(.surroundings, "connecting took too long: \(-start.timeIntervalSinceNow) s too much")
        }
        try await Task.sleep(for: .seconds(start.timeIntervalSinceNow))
        let end = ContinuousClock.now + .seconds(seconds)
        let done = try await withThrowingTaskGroup(of: Session.self) { group in
            for (store, session) in zip(stores, sessions) { group.addTask { try await self.work(store, session, until: end) } }
            return try await group.reduce(into: [Session]()) { $0.append($1) }
        }
        return [
            "units": .array(done.map { .int($0.units) }), "lease_ms": .array(done.flatMap(\.leases).map(JSON.double)),
            "report_ms": .array(done.flatMap(\.reports).map(JSON.double)),
        ]
    }

    @concurrent
    private func work(_ store: Store, _ session: UUID, until end: ContinuousClock.Instant) async throws -> Session {
        let clock = ContinuousClock()
        var done = Session()
        async let beats: Void = beat(store, session, until: end)
        // Workers do not begin in step.
        try await Task.sleep(for: work * Double.random(in: 0...1))
        while clock.now < end {
            let asked = clock.now
            let units = try await store.lease(session: session, examples: batch, study: nil, ttl: .seconds(300))
            done.leases.append((clock.now - asked) / .milliseconds(1))
            try await Task.sleep(for: work)
            guard !units.isEmpty else { continue }
            let results = units.map { unit in
                UnitResult(
                    unit: unit.id, identity: unit.identity(study: QueueBench.studyID),
                    content: .example(unit.examples[0], .scored, score: 1, detail: QueueRig.detail), usage: QueueRig.usage,
                    latencyMilliseconds: 5)
            }
            let ready = clock.now
            let verdicts = try await store.report(session: session, results)
            done.reports.append((clock.now - ready) / .milliseconds(1))
            if clock.now < end { done.units += verdicts.values.count { $0 == .closed } }
        }
        try await beats
        return done
    }

    /// As a worker does: beside its work, over the same connection.
    private func beat(_ store: Store, _ session: UUID, until end: ContinuousClock.Instant) async throws {
        while .now + Self.sessionTTL / 3 < end {
            try await Task.sleep(for: Self.sessionTTL / 3)
            _ = try await store.heartbeat(session: session, ttl: Self.sessionTTL, held: [], isDraining: false)
        }
    }
}
