import Foundation
import Postgres
import Store
import TestSupport
import Testing

@Suite struct LimitTests {
    private func store() async throws -> Store {
        Store(try Database(address: PostgresAddress(url: try await StoreFixture.migratedDatabase()), patience: .none))
    }

    private func demand(_ calls: Double, model: String = "m", pause: Double? = nil) -> [CallDemand] {
        [CallDemand(endpoint: "http://one/v1", model: model, calls: calls, pause: pause)]
    }

    @Test func sharesFollowDemand() async throws {
        let store = try await store()
        let (first, second) = (UUID(), UUID())
        #expect(try await store.drawAllowance(holder: first, demand(29), ttl: .seconds(60)).map(\.share) == [1])
        #expect(try await store.drawAllowance(holder: second, demand(9), ttl: .seconds(60)).map(\.share) == [0.25])
        #expect(try await store.drawAllowance(holder: first, demand(29), ttl: .seconds(60)).map(\.share) == [0.75])
        // Another model is another limit.
        #expect(try await store.drawAllowance(holder: second, demand(9, model: "n"), ttl: .seconds(60)).map(\.share) == [1])
    }

    @Test func whoIsGoneLeavesItsShare() async throws {
        let store = try await store()
        _ = try await store.drawAllowance(holder: UUID(), demand(29), ttl: .milliseconds(1))
        try await Task.sleep(for: .milliseconds(5))
        #expect(try await store.drawAllowance(holder: UUID(), demand(9), ttl: .seconds(60)).map(\.share) == [1])
        #expect(try await store.database.call("SELECT 1 FROM nightshift.call_demand").count == 1)
    }

    @Test func aPauseIsForAllAndIsNotExtended() async throws {
        let store = try await store()
        #expect(try await store.drawAllowance(holder: UUID(), demand(1), ttl: .seconds(60)).map(\.pause) == [0])
        let told = try await store.drawAllowance(holder: UUID(), demand(1, pause: 30), ttl: .seconds(60))
        #expect((29...30).contains(told[0].pause))
        let other = try await store.drawAllowance(holder: UUID(), demand(1, pause: 50), ttl: .seconds(60))
        #expect(other[0].pause <= 30 && other[0].pause > 0)
        _ = try await store.database.call("UPDATE nightshift.call_pause SET until = clock_timestamp()")
        let later = try await store.drawAllowance(holder: UUID(), demand(1, pause: 500), ttl: .seconds(60))
        #expect((59...60).contains(later[0].pause))
    }

    @Test func manyDrawAtOnce() async throws {
        let url = try await StoreFixture.migratedDatabase()
        let shares = try await withThrowingTaskGroup(of: Double.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    let store = Store(try Database(address: PostgresAddress(url: url), patience: .none))
                    let holder = UUID()
                    var share = 0.0
                    for _ in 0..<20 {
                        let models = ["a", "b", "c"].shuffled().flatMap { demand(5, model: $0) }
                        share = try await store.drawAllowance(holder: holder, models, ttl: .seconds(60))[0].share
                    }
                    await store.database.close()
                    return share
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(shares.allSatisfy { $0 >= 1.0 / 6 - 1e-9 && $0 <= 1 })
        let store = Store(try Database(address: PostgresAddress(url: url), patience: .none))
        #expect(try await store.database.call("SELECT 1 FROM nightshift.call_demand").count == 18)
    }
}
