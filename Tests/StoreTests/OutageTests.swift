import Foundation
import JSON
import Postgres
import Store
import TestSupport
import Testing

/// What an outage of the database, or a backup that is restored under living workers, must not cost.
struct OutageTests {
    /// As if the last look for dead workers had been this long ago.
    private func lookedLast(_ ago: String, in fixture: StoreFixture) async throws {
        try await fixture.run("UPDATE nightshift.reaper SET at = clock_timestamp() - $1::interval", .text(ago))
    }

    /// As if the session had ended this long ago, and its leases with it.
    private func ranOut(_ session: UUID, _ ago: String, in fixture: StoreFixture) async throws {
        try await fixture.run(
            "UPDATE nightshift.session SET until = clock_timestamp() - $2::interval WHERE session = $1",
            .text(session.uuidString), .text(ago))
        try await fixture.run(
            "UPDATE nightshift.unit SET due = clock_timestamp() - $2::interval WHERE session = $1",
            .text(session.uuidString), .text(ago))
    }

    private func forgive(_ fixture: StoreFixture) async throws -> Int {
        try await fixture.store.forgiveOutage(gap: .seconds(5), grace: .seconds(10))
    }

    @Test func whatRanOutWhileNobodyLookedIsNotLost() async throws {
        let fixture = try await StoreFixture.make(units: 2)
        #expect(try await forgive(fixture) == 0)
        let (dead, cutOff) = (try await fixture.worker(), try await fixture.worker())
        #expect(try await fixture.lease(dead, examples: 1).count == 1)
        let unit = try #require(try await fixture.lease(cutOff, examples: 1).first)
        // One was dead before the outage, the other ran out in it.
        try await lookedLast("20 s", in: fixture)
        try await ranOut(dead, "25 s", in: fixture)
        try await ranOut(cutOff, "10 s", in: fixture)
        #expect(try await forgive(fixture) == 1)
        #expect(try await fixture.store.reap() == 1)
        #expect(try await fixture.count("unit WHERE losses = 1") == 1)
        #expect(try await fixture.store.held(session: cutOff).map(\.unit) == [unit.id])
        // The server goes away again before it has come back: it keeps what it had left, and no more.
        try await fixture.run("DELETE FROM nightshift.session WHERE session <> $1", .text(cutOff.uuidString))
        try await fixture.run("UPDATE nightshift.reaper SET at = pg_postmaster_start_time() - interval '9 s'")
        try await fixture.run(
            "UPDATE nightshift.session SET until = pg_postmaster_start_time() - interval '5 s' WHERE session = $1",
            .text(cutOff.uuidString))
        #expect(try await forgive(fixture) == 1)
        let left = "SELECT s.until - r.at FROM nightshift.session s, nightshift.reaper r"
        #expect(try await fixture.text(left) == "00:00:04")
        // The next look comes in time, and forgives nothing.
        #expect(try await forgive(fixture) == 0)
        try await ranOut(cutOff, "1 s", in: fixture)
        #expect(try await forgive(fixture) == 0)
        #expect(try await fixture.store.reap() == 1)
    }

    /// The first heartbeat after an outage may come before the first look.
    @Test func aSessionGoesOnUntilALookHasFoundItDead() async throws {
        let fixture = try await StoreFixture.make(units: 1)
        let session = try await fixture.worker()
        let unit = try #require(try await fixture.lease(session).first)
        func beat() async throws -> [Int] {
            try await fixture.store.heartbeat(
                session: session, ttl: .seconds(60), held: [(unit.id, unit.attempt)], isDraining: false)
        }
        try await lookedLast("20 s", in: fixture)
        try await ranOut(session, "10 s", in: fixture)
        #expect(try await beat() == [])
        #expect(try await fixture.store.reap() == 1, "the unit is overdue all the same: nobody has forgiven that")
        try await ranOut(session, "10 s", in: fixture)
        try await lookedLast("1 s", in: fixture)
        #expect(await storeErrorCode { _ = try await beat() } == .sessionLost)
    }

    @Test func aRestartOfTheServerIsAnOutage() async throws {
        let cluster = TestCluster(settings: ["synchronous_commit=on"], port: 5441)
        let url = try await StoreFixture.migratedDatabase(cluster)
        let store = Store(try Database(address: PostgresAddress(url: url), patience: .endless))
        let session = UUID()
        try await store.register(session: session, name: "w", info: [:], ttl: .seconds(60))
        #expect(try await store.forgiveOutage(gap: .seconds(3600), grace: .seconds(10)) == 0)
        // A commit that waits for the disk takes the ones before along, which did not.
        try await store.register(session: UUID(), name: "other", info: [:], ttl: .seconds(0))
        try await cluster.restart(mode: .kill)
        _ = try await store.database.call("UPDATE nightshift.session SET until = clock_timestamp()")
        #expect(try await store.forgiveOutage(gap: .seconds(3600), grace: .seconds(10)) == 2)
        #expect(try await store.forgiveOutage(gap: .seconds(3600), grace: .seconds(10)) == 0)
        try await cluster.stop(mode: .immediate)
    }

    @Test func aLongExampleKeepsItsLease() async throws {
        let fixture = try await StoreFixture.make(units: 2)
        let (session, other) = (try await fixture.worker(), try await fixture.worker())
        let units = try await fixture.lease(session)
        let held = units.map { (unit: $0.id, attempt: $0.attempt) }
        try await fixture.passDueTimes()
        try await fixture.store.extend(session: session, [held[0]], ttl: .seconds(600))
        // Neither another's nor another lease's.
        try await fixture.store.extend(session: other, [held[1]], ttl: .seconds(600))
        try await fixture.store.extend(session: session, [(held[1].unit, held[1].attempt + 1)], ttl: .seconds(600))
        #expect(try await fixture.store.reap() == 1)
        #expect(try await fixture.store.held(session: session).map(\.unit) == [units[0].id])
    }

    @Test func aResultOfAnotherUnitUnderTheSameNumberIsRefused() async throws {
        let fixture = try await StoreFixture.make(units: 3)
        let session = try await fixture.worker()
        let study = try #require(try await fixture.text("SELECT id FROM nightshift.study"))
        var results = try await fixture.lease(session).map { unit in
            var result = StoreFixture.result(unit, unit.examples[0])
            result.identity = unit.identity(study: study)
            return result
        }
        // Restored: the same number is a unit of another plan now, or of another study.
        try await fixture.run("UPDATE nightshift.unit SET key = 'evaluate/other' WHERE unit_id = $1", .int(results[0].unit))
        results[1].identity = "ffffffffffffffff" + (results[1].identity?.dropFirst(16) ?? "")
        let verdicts = try await fixture.store.report(session: session, results)
        #expect(results.map { verdicts[$0.unit] } == [.foreign, .foreign, .closed])
        for (table, rows) in [("result", 1), ("unit", 2)] { #expect(try await fixture.count(table) == rows, "\(table)") }
        // Two results of units that have had the same number: each is judged by its own identity.
        var second = results[0]
        second.identity = "\(study)/evaluate/other/\(StoreFixture.candidate)"
        _ = try await fixture.store.report(session: session, [results[0], second])
        for (table, rows) in [("result", 2), ("unit", 1)] { #expect(try await fixture.count(table) == rows, "\(table)") }
    }

    /// A pooler or a server that stands still keeps a connection alive for ever.
    @Test func aPeerThatStandsStillIsLeft() async throws {
        let fixture = try await StoreFixture.make()
        let (proxy, address) = try Self.proxy(to: fixture)
        let patient = Database(address: address, patience: .endless, answerLimit: .milliseconds(300))
        let hasty = Database(address: address, patience: .none, answerLimit: .milliseconds(300))
        for database in [patient, hasty] { _ = try await database.call("SELECT 1") }
        let first = try await patient.call("SELECT pg_backend_pid() AS pid").first?.int("pid")
        proxy.stall(for: .seconds(6))
        #expect(await storeErrorCode { _ = try await hasty.call("SELECT 1") } == .unreachable)
        let second = try await patient.call("SELECT pg_backend_pid() AS pid").first?.int("pid")
        #expect(first != second)
        #expect(try await hasty.call("SELECT 1 AS one").first?.int("one") == 1)
    }

    /// A worker says once that its provider is back: a crash right after that must not hold the study for ever.
    @Test func aWaitThatIsOverStaysOver() async throws {
        let cluster = TestCluster(settings: ["fsync=on", "synchronous_commit=on"])
        let url = try await StoreFixture.migratedDatabase(cluster)
        let database = try Database(address: PostgresAddress(url: url), patience: .endless)
        let store = Store(database)
        let study = try await StoreFixture.submit(to: store)
        let term = try #require(try await store.lead(study: study, holder: UUID(), ttl: .seconds(60)))
        let fixture = StoreFixture(url: url, database: database, store: store, study: study, term: term)
        let session = try await fixture.worker()
        try await store.waitForProviders(session: session, [study: "away"])
        #expect(try await fixture.count("provider_wait") == 1)
        // Nothing else is written meanwhile that would take it along to the disk.
        try await store.waitForProviders(session: session, [:])
        try await cluster.restart(mode: .kill)
        #expect(try await fixture.count("provider_wait") == 0)
    }

    /// Hundreds of attempts, as a night without the database takes them.
    @Test func anOutageOfAnyLengthIsWaitedFor() async throws {
        let fixture = try await StoreFixture.make()
        let (proxy, address) = try Self.proxy(to: fixture)
        let backoff = Backoff(base: .microseconds(100), ceiling: .milliseconds(1))
        let database = Database(address: address, patience: .endless, answerLimit: .seconds(30), backoff: backoff)
        proxy.refuse(connections: 300)
        #expect(try await database.call("SELECT 1 AS one").first?.int("one") == 1)
        #expect(proxy.unwelcomeConnections == 0)
    }

    /// - Returns: the proxy, and the address of the fixture's database behind it.
    private static func proxy(to fixture: StoreFixture) throws -> (FaultyProxy, PostgresAddress) {
        let parts = fixture.url.replacing("postgres:///", with: "").split(separator: "?")
        let folder = parts[1].split(separator: "&")[0].replacing("host=", with: "")
        let proxy = try FaultyProxy(to: .unixSocket(folder + "/.s.PGSQL.5432"))
        return (proxy, try PostgresAddress(url: "postgres://nightshift@127.0.0.1:\(proxy.port)/\(parts[0])?connect_timeout=2"))
    }
}
