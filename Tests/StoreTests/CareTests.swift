import Foundation
import JSON
import Postgres
import Store
import TestSupport
import Testing

struct CareTests {
    private func levels(_ fixture: StoreFixture) async throws -> [String: Finding.Level] {
        Dictionary(uniqueKeysWithValues: try await fixture.store.checkup().map { ($0.subject, $0.level) })
    }

    /// The tests' server runs without fsync, and the checkup says so; all else is well.
    @Test func aCheckupFindsWhatIsWrong() async throws {
        let fixture = try await StoreFixture.make(units: 2)
        var levels = try await levels(fixture)
        #expect(levels["fsync"] == .problem && levels["full_page_writes"] == .problem)
        for subject in ["server", "schema", "clock", "slots", "leases", "integrity"] {
            #expect(levels[subject] == .ok, "\(subject)")
        }

        let session = try await fixture.worker()
        _ = try await fixture.lease(session)
        try await fixture.run("UPDATE nightshift.session SET until = clock_timestamp() - interval '2 min'")
        try await fixture.run("UPDATE nightshift.unit SET candidate = 'ffffffffffffffff' WHERE ordinal = 0")
        try await fixture.run("INSERT INTO public.nightshift_migration (version, name, sha256) VALUES (999, 'later', '')")
        levels = try await self.levels(fixture)
        #expect(levels["leases"] == .warning && levels["integrity"] == .problem && levels["schema"] == .problem)
    }

    /// Each of these is seeded, found, and gone when its cause is.
    @Test func theCheckupFindsSeededFaults() async throws {
        let fixture = try await StoreFixture.make()
        func level(_ subject: String, _ limits: CheckupLimits = CheckupLimits()) async throws -> Finding.Level? {
            try await fixture.store.checkup(limits).first { $0.subject == subject }?.level
        }
        // A transaction that is open for longer than allowed.
        var strict = CheckupLimits()
        strict.transactionAge = .milliseconds(1)
        let long = try await LongTransaction.begin(at: PostgresAddress(url: fixture.url))
        try await Task.sleep(for: .milliseconds(20))
        #expect(try await level("transactions", strict) == .warning)
        #expect(try await level("transactions") == .ok)
        // Dead rows that nobody can remove while it is open.
        try await fixture.run("INSERT INTO nightshift.event (kind) SELECT 'test' FROM generate_series(1, 3000)")
        try await fixture.run("DELETE FROM nightshift.event WHERE kind = 'test'")
        try await fixture.run("SELECT pg_stat_force_next_flush()")
        strict.deadRows = 2000
        #expect(try await level("bloat", strict) == .warning)
        await long.end()
        // The server hears of its end a moment later.
        for _ in 0..<100 {
            try await fixture.run("VACUUM nightshift.event")
            try await fixture.run("SELECT pg_stat_force_next_flush()")
            if try await level("bloat", strict) == .ok { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try await level("bloat", strict) == .ok)
        // A clock that is off, either way.
        for offset in [-60.0, 60] {
            var skewed = CheckupLimits()
            skewed.now = { Date().timeIntervalSince1970 + offset }
            #expect(try await level("clock", skewed) == .warning, "\(offset) s")
        }
        #expect(try await level("clock") == .ok)
        // A setting by which a crash loses what was acknowledged.
        let database = try #require(try await fixture.text("current_database()"))
        #expect(try await level("synchronous_commit") == .problem, "the tests' server")
        try await fixture.run("ALTER DATABASE \(database) SET synchronous_commit = on")
        let findings = try await fixture.anotherStore().checkup()
        #expect(findings.contains { $0.subject == "synchronous_commit" } == false)
        // Whoever switches it on pays for it at every call.
        for (value, level) in [("off", nil), ("on", Finding.Level.warning)] {
            try await fixture.run("ALTER DATABASE \(database) SET jit = \(value)")
            #expect(try await fixture.anotherStore().checkup().first { $0.subject == "jit" }?.level == level, "\(value)")
        }
        // An older schema.
        try await fixture.run("DELETE FROM public.nightshift_migration WHERE version = \(Migrator.newest)")
        #expect(try await level("schema") == .problem)
    }

    /// As the migrator refuses them: a text that was changed, and one that was never applied.
    @Test(arguments: [
        ("UPDATE public.nightshift_migration SET sha256 = 'changed' WHERE version = 2", "migration 2 "),
        ("DELETE FROM public.nightshift_migration WHERE version = 3", "migration 3 "),
    ]) func aCheckupSeesEveryMigration(change: String, named: String) async throws {
        let fixture = try await StoreFixture.make()
        try await fixture.run(change)
        let finding = try #require(try await fixture.store.checkup().first { $0.subject == "schema" })
        #expect(finding.level == .problem && finding.text.hasPrefix(named), "\(finding)")
    }

    @Test func aDatabaseWithoutSchemaIsToBeMigrated() async throws {
        let address = try PostgresAddress(url: try await TestCluster.shared.makeDatabase())
        let findings = try await Store(Database(address: address, patience: .none)).checkup()
        let finding = try #require(findings.first { $0.subject == "schema" })
        #expect(finding.level == .problem && finding.text.contains("run nightshift db migrate"), "\(finding)")
        #expect(findings.contains { $0.subject == "integrity" } == false && findings.contains { $0.subject == "connections" })
    }

    /// The server shows a role without pg_read_all_stats its own connections only.
    @Test func aCheckupSaysWhatItCannotSee() async throws {
        let fixture = try await StoreFixture.make()
        try await fixture.store.makeRoles()
        let role = "owner_\(UUID().uuidString.prefix(8).lowercased())"
        try await fixture.run("CREATE ROLE \(role) LOGIN IN ROLE nightshift_owner")
        let address = try PostgresAddress(url: fixture.url.replacing("user=nightshift", with: "user=\(role)"))
        func seen() async throws -> [Finding] {
            try await Store(Database(address: address, patience: .none)).checkup().filter {
                ["connections", "transactions"].contains($0.subject)
            }
        }
        var findings = try await seen()
        #expect(findings.map(\.level) == [.warning, .warning])
        #expect(findings.allSatisfy { $0.text.contains("GRANT pg_monitor TO \(role)") }, "\(findings)")
        try await fixture.run("GRANT pg_monitor TO \(role)")
        findings = try await seen()
        #expect(findings.allSatisfy { !$0.text.contains("GRANT") }, "\(findings)")
    }

    /// Settings of the server, each good and bad; and what is used of it.
    @Test func theCheckupKnowsTheServer() async throws {
        let cluster = TestCluster(settings: [
            "fsync=on", "full_page_writes=on", "synchronous_commit=on", "max_connections=20", "max_prepared_transactions=2",
            "wal_level=replica", "jit=off",
        ])
        let url = try await StoreFixture.migratedDatabase(cluster)
        let store = Store(try Database(address: PostgresAddress(url: url), patience: .none))
        func finding(_ subject: String, _ limits: CheckupLimits = CheckupLimits()) async throws -> Finding? {
            try await store.checkup(limits).first { $0.subject == subject }
        }
        func set(_ name: String, _ value: String) async throws {
            _ = try await store.database.call("ALTER SYSTEM SET \(name) = '\(value)'")
            _ = try await store.database.call("SELECT pg_reload_conf()")
            for _ in 0..<500 {
                let shown = try await store.database.call("SELECT current_setting('\(name)') AS value")
                if try shown[0].text("value") == value { return }
                try await Task.sleep(for: .milliseconds(10))
            }
            Issue.record("\(name) is not set")
        }
        try await set("max_wal_size", "4GB")
        try await set("autovacuum_naptime", "10s")
        #expect(try await finding("settings")?.level == .ok)
        for (name, good, bad, level) in [
            ("autovacuum", "on", "off", Finding.Level.problem), ("track_counts", "on", "off", .problem),
            ("max_wal_size", "4GB", "1GB", .warning), ("autovacuum_naptime", "10s", "1min", .warning),
        ] {
            try await set(name, bad)
            #expect(try await finding(name)?.level == level, "\(name)")
            #expect(try await finding("settings") == nil)
            try await set(name, good)
            #expect(try await finding(name) == nil, "\(name)")
        }

        // A transaction that was prepared and forgotten, and a slot that nobody reads.
        var strict = CheckupLimits()
        strict.transactionAge = .zero
        #expect(try await finding("slots", strict)?.level == .ok)
        let preparing = try await PostgresConnection.connect(PostgresAddress(url: url), mode: .simple)
        try await preparing.execute(script: "BEGIN; SELECT pg_current_xact_id(); PREPARE TRANSACTION 'forgotten';")
        #expect(try await finding("slots", strict)?.level == .warning)
        #expect(try await finding("slots")?.level == .ok, "it may still be committed")
        try await preparing.execute(script: "ROLLBACK PREPARED 'forgotten';")
        #expect(try await finding("slots", strict)?.level == .ok)
        _ = try await store.database.call("SELECT pg_create_physical_replication_slot('unread', true)")
        #expect(try await finding("slots")?.text.contains("1 inactive replication slots") == true)
        _ = try await store.database.call("SELECT pg_drop_replication_slot('unread')")
        #expect(try await finding("slots")?.level == .ok)

        // More than four fifths of twenty connections.
        #expect(try await finding("connections")?.level == .ok)
        var others = [preparing]
        while others.count < 16 { others.append(try await PostgresConnection.connect(PostgresAddress(url: url))) }
        #expect(try await finding("connections")?.level == .warning)
        for other in others { await other.close() }
        await store.database.close()
        try await cluster.stop(mode: .immediate)
        try await cluster.remove()
    }

    @Test func anOldServerIsAProblem() {
        #expect(Finding.server(version: 140_009, "14.9").level == .problem)
        #expect(Finding.server(version: 150_000, "15.0") == Finding("server", .ok, "PostgreSQL 15.0"))
    }

    /// A counter that was changed by hand.
    @Test func aWrongCounterIsFound() async throws {
        let fixture = try await StoreFixture.make(units: 1)
        let session = try await fixture.worker()
        _ = try await fixture.store.report(session: session, try await fixture.lease(session).flatMap(StoreFixture.results))
        #expect(try await levels(fixture)["integrity"] == .ok)
        try await fixture.run("UPDATE nightshift.tally SET results = results + 1 WHERE role IS NULL")
        #expect(try await levels(fixture)["integrity"] == .problem)
    }

    @Test func anEndedStudyIsArchivedAndForgotten() async throws {
        let fixture = try await StoreFixture.make(units: 3)
        let other = try await StoreFixture.submit(to: fixture.store, name: "other")
        let session = try await fixture.worker()
        _ = try await fixture.store.report(
            session: session, try await fixture.lease(session, examples: 2).flatMap(StoreFixture.results))
        #expect(try await fixture.store.prunableStudies(olderThan: .zero).isEmpty, "it runs")
        await #expect(throws: StoreError.self) { try await fixture.store.prune(study: fixture.study) }
        try await fixture.store.steer(study: fixture.study, "cancel")
        #expect(try await fixture.store.prunableStudies(olderThan: .seconds(3600)).isEmpty)
        let prunable = try await fixture.store.prunableStudies(olderThan: .zero)
        #expect(prunable.map(\.number) == [fixture.study] && prunable[0].results == 2 && prunable[0].team == "local")

        var rows: [String: [JSON]] = [:]
        try await fixture.store.archive(study: fixture.study) { line in
            let document = try JSON(parsing: line)
            rows[document["table"]?.stringValue ?? "", default: []].append(document["row"] ?? .null)
        }
        #expect(rows["study"]?.count == 1 && rows["decision"]?.count == 1 && rows["result"]?.count == 2)
        #expect(rows["dataset"]?.count == 3 && rows["example"]?.count == 3 * StoreFixture.rowCount)
        #expect(rows["study"]?[0]["name"] == "study")
        #expect(rows["team"]?.first?["name"] == "local" && rows["ledger"]?.count == 1)

        try await fixture.store.prune(study: fixture.study)
        for table in ["result", "decision", "candidate", "unit", "lane"] {
            #expect(try await fixture.count(table) == 0, "\(table)")
        }
        #expect(try await fixture.count("study") == 1)
        #expect(try await fixture.count("dataset") == 3, "the other study uses them")
        #expect(try await fixture.store.examples(study: other, split: "val", numbers: [0]).count == 1)
        try await fixture.store.steer(study: other, "cancel")
        try await fixture.store.prune(study: other)
        #expect(try await fixture.count("example") == 0)
    }

    /// A result page ends where it should: the archive of more than a page has all rows once.
    @Test func aLargeStudyIsArchivedWhole() async throws {
        let fixture = try await StoreFixture.make()
        try await fixture.run(
            """
            INSERT INTO nightshift.result (study_id, candidate, split, example, outcome, score, stage)
            SELECT \(fixture.study), CASE WHEN g % 2 = 0 THEN 'a' ELSE 'b' END, 'val', g, 'scored', 1, 'search'
              FROM generate_series(1, 4000) g
            """)
        var examples: [Int] = []
        try await fixture.store.archive(study: fixture.study) { line in
            let document = try JSON(parsing: line)
            if document["table"] == "result", let example = document["row"]?["example"]?.intValue { examples.append(example) }
        }
        #expect(examples.sorted() == Array(1...4000))
    }

    /// The queue goes on while a study is pruned: no lease or report waits for it.
    @Test func pruningLocksNoQueue() async throws {
        let fixture = try await StoreFixture.make()
        let other = try await StoreFixture.submit(to: fixture.store, name: "other")
        let term = try #require(try await fixture.store.lead(study: other, holder: UUID(), ttl: .seconds(60)))
        try await fixture.store.start(term)
        _ = try await fixture.decide(0, units: StoreFixture.units(10), by: term)
        try await fixture.store.steer(study: fixture.study, "cancel")
        let pruner = try await PostgresConnection.connect(PostgresAddress(url: fixture.url), mode: .simple)
        try await pruner.execute(script: "BEGIN; SELECT nightshift.prune_study(\(fixture.study));")
        // All that the queue does, while the pruning transaction is open and holds its locks.
        try await fixture.run("SET lock_timeout = '2s'")
        let session = try await fixture.worker()
        let units = try await fixture.lease(session)
        #expect(units.count == 10)
        _ = try await fixture.store.report(session: session, units.dropLast().flatMap(StoreFixture.results))
        try await fixture.store.release(session: session, units.suffix(1).map { ($0.id, $0.attempt) })
        try await fixture.store.reap()
        try await fixture.store.foldTallies()
        #expect(try await fixture.decide(1, units: StoreFixture.units(2, decision: 1, first: 20), by: term))
        try await pruner.execute(script: "COMMIT")
        await pruner.close()
        #expect(try await fixture.count("study") == 1 && units.count == 10)
    }

    @Test func whoDidWhatToAStudyIsOnRecord() async throws {
        let fixture = try await StoreFixture.make()
        try await fixture.store.steer(study: fixture.study, "pause", message: "for lunch")
        try await fixture.store.update(study: fixture.study, spec: ["name": "study", "budget": ["lm_calls": 5]])
        try await fixture.store.update(study: fixture.study, spec: ["budget": ["lm_calls": 5], "name": "study"])
        try await fixture.store.steer(study: fixture.study, "resume")
        let events = try await fixture.store.events(of: fixture.study, atMost: 100)
        #expect(events.map(\.kind) == ["study.submitted", "study.led", "study.pause", "study.updated", "study.resume"])
        #expect(Set(events.map(\.actor)) == ["nightshift"])
        #expect(events[2].data?["message"] == "for lunch" && events[3].data?["keys"] == ["budget"])
        #expect(try await fixture.store.events(of: fixture.study, atMost: 2).map(\.kind) == ["study.updated", "study.resume"])
    }
}
