import Foundation
import JSON
import Postgres
import PrivateCluster
import Store
import Testing

/// Through pgbouncer 1.18 in transaction mode, each call may come by another connection of the server.
struct PoolerTests {
    @Test(.enabled(if: Pooler.isThere, "pgbouncer is not installed"), .timeLimit(.minutes(10)))
    func manyWorkersShareTwoConnections() async throws {
        let fixture = try await StoreFixture.make()
        let pooler = try await Pooler(before: fixture.url, connections: 2)
        let coordinator = Store(
            Database(address: try PostgresAddress(url: pooler.url), patience: .endless, channels: [Store.planChannel]))
        let study = try await StoreFixture.submit(to: coordinator, name: "pooled", seed: "p")
        let term = try #require(try await coordinator.lead(study: study, holder: UUID(), ttl: .seconds(60)))
        try await coordinator.start(term)
        for decision in 0..<4 {
            let units = StoreFixture.units(15, decision: decision, first: decision * 15)
            #expect(try await fixture.decide(decision, units: units, by: term))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<12 { group.addTask { try await Self.work(pooler.url) } }
            try await group.waitForAll()
        }
        #expect(try await coordinator.isComplete(study: study, decision: 3))
        #expect(try await fixture.count("result WHERE outcome = 'scored'") == 60)
        #expect(try await fixture.count("check_integrity()") == 0)
        // Notices don't come through: whoever waits looks again by itself.
        let seen = await coordinator.database.notices(on: Store.planChannel)
        await coordinator.database.waitForNotice(on: Store.planChannel, beyond: seen, atMost: .milliseconds(50))
        #expect(try await coordinator.lead(study: study, holder: term.holder, ttl: .seconds(60))?.number == term.number)
        #expect(await storeErrorCode { try await coordinator.start(Term(study: study, holder: UUID(), number: 1)) } == .notLeader)
        withExtendedLifetime(pooler) {}
    }

    private static func work(_ url: String) async throws {
        let store = Store(Database(address: try PostgresAddress(url: url), patience: .endless, channels: [Store.workChannel]))
        let session = UUID()
        try await store.register(session: session, name: "pooled", info: [:], ttl: .seconds(60))
        while true {
            let units = try await store.lease(session: session, examples: 3, study: nil, ttl: .seconds(60))
            guard !units.isEmpty else { break }
            // At once on one connection, as a worker does.
            async let lost = store.heartbeat(
                session: session, ttl: .seconds(60), held: units.map { ($0.id, $0.attempt) }, isDraining: false)
            async let spec = store.spec(of: units[0].study)
            let (dropped, text) = (try await lost, try await spec.spec)
            #expect(dropped == [] && text["name"] == "pooled")
            _ = try await store.report(session: session, units.flatMap(StoreFixture.results))
        }
        try await store.signOff(session: session)
        await store.database.close()
    }
}
