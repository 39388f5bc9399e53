import Foundation
import Postgres
import Programs
import Store
import Synchronization
import TestSupport
import Testing

@testable import LanguageModels
@testable import Nightshift

struct LimitSharingTests {
    /// Each failure of the database is said once, and its end; the share that a process had holds meanwhile.
    @Test func anOutageIsSaidOnce() async throws {
        let cluster = TestCluster()
        let url = try await cluster.makeDatabase()
        try await Migrator.migrate(PostgresAddress(url: url))
        let address = try PostgresAddress(url: url)
        let gates = CallGates()
        var settings = try LanguageModelSettings(model: "openai/m", baseURL: "http://127.0.0.1:1/v1")
        settings.limits.requestsPerMinute = 600
        let gate = gates.gate(settings)
        // A call that is under way, so that the model is wanted.
        let permit = try await gate.admit(tokens: 1)
        let said = Mutex<[String]>([])
        let sharing = LimitSharing(Store(Database(address: address, patience: .none)), gates) { line in
            said.withLock { $0.append(line) }
        }
        let running = Task { await sharing.run() }
        func wait(_ what: String, until isSo: () async throws -> Bool) async throws {
            let deadline = ContinuousClock.now + .seconds(60)
            while try await !isSo() {
                try #require(ContinuousClock.now < deadline, "\(what): \(said.withLock { $0 })")
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        // Another process wants as much or more: a part is left.
        let other = Store(Database(address: address, patience: .endless))
        let demand = CallDemand(endpoint: settings.baseURL, model: "m", calls: 3, pause: nil)
        _ = try await other.drawAllowance(holder: UUID(), [demand], ttl: .seconds(600))
        try await wait("its share") { gate.limits.requestsPerMinute ?? 0 < 600 }

        try await cluster.stop(mode: .fast)
        try await wait("the failure") { !said.withLock { $0 }.isEmpty }
        try await Task.sleep(for: .seconds(2.5))
        #expect(said.withLock { $0.count } == 1 && gate.limits.requestsPerMinute ?? 0 < 600)
        #expect(said.withLock { $0[0] }.hasPrefix("the limits of the providers cannot be shared, the last share holds: "))
        try await cluster.start()
        try await wait("its end") { said.withLock { $0.count } > 1 }
        #expect(said.withLock { $0.last } == "the limits of the providers are shared with the team again")
        running.cancel()
        await running.value
        #expect(said.withLock { $0.count } == 2)
        gate.ended(permit, .other)
        await other.database.close()
        try await cluster.stop(mode: .immediate)
        try await cluster.remove()
    }
}
