import Foundation
import JSON
import Postgres
import Store
import TestSupport
import Testing

/// The schema is upgraded while a team of the build before is at work.
struct UpgradeTests {
    /// The last schema that was released before this one.
    private static let released = 9

    private func releasedDatabase() async throws -> String {
        let url = try await TestCluster.shared.makeDatabase()
        let report = try await Migrator.migrate(PostgresAddress(url: url), through: Self.released)
        #expect(report.version == Self.released)
        return url
    }

    /// Functions with what they take and answer, and views with their columns, as the released builds know them.
    private func interface(_ url: String) async throws -> [String: Set<String>] {
        let database = Database(address: try PostgresAddress(url: url), patience: .none)
        let rows = try await database.call(
            """
            SELECT p.proname || '(' || coalesce((SELECT string_agg(format_type(t.type, NULL), ', ' ORDER BY t.place)
                       FROM unnest(p.proargtypes) WITH ORDINALITY AS t (type, place)), '') || ')' AS object,
                   CASE WHEN p.prorettype = 'record'::regtype
                        THEN ARRAY(SELECT p.proargnames[i] || ' ' || format_type(p.proallargtypes[i], NULL)
                                     FROM generate_subscripts(p.proargmodes, 1) AS i WHERE p.proargmodes[i] = 't')
                        ELSE ARRAY[format_type(p.prorettype, NULL)] END AS parts
              FROM pg_proc p WHERE p.pronamespace = 'nightshift'::regnamespace
               AND EXISTS (SELECT 1 FROM nightshift.permission m WHERE m.object = p.proname)
            UNION ALL
            SELECT c.relname, ARRAY(SELECT a.attname || ' ' || format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
                                     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
              FROM pg_class c WHERE c.relnamespace = 'nightshift'::regnamespace AND c.relkind = 'v'
               AND EXISTS (SELECT 1 FROM nightshift.permission m WHERE m.object = c.relname)
            """)
        await database.close()
        return try rows.reduce(into: [:]) { $0[try $1.text("object")] = Set(try $1.textArray("parts").compactMap(\.self)) }
    }

    /// Whatever a released build calls or reads is still there. More may be answered, nothing less.
    @Test func whatWasReleasedStaysCallable() async throws {
        let old = try await interface(try await releasedDatabase())
        let new = try await interface(try await StoreFixture.migratedDatabase())
        #expect(old.count > 60)
        for (object, parts) in old {
            let now = try #require(new[object], "\(object) is gone: builds for schema \(Self.released) call it")
            #expect(parts.isSubset(of: now), "\(object) answers less than builds for schema \(Self.released) expect")
        }
    }

    /// Whoever is at work locks in an order of its own: the migration gives way, and begins again.
    @Test(.timeLimit(.minutes(5))) func aMigrationThatGaveWayBeginsAgain() async throws {
        let url = try await releasedDatabase()
        let address = try PostgresAddress(url: url)
        let looking = Database(address: address, patience: .none)
        let name = try #require(try await looking.call("SELECT current_database() AS name").first).text("name")
        // Who looks first whether it waits in a circle is who gives way.
        _ = try await looking.call("ALTER DATABASE \(name) SET deadlock_timeout = '3s'")
        let worker = try await PostgresConnection.connect(address, mode: .simple)
        try await worker.execute(
            script: "SET deadlock_timeout = '1h'; BEGIN; LOCK TABLE nightshift.result IN ROW EXCLUSIVE MODE;")
        let migrating = Task { try await Migrator.migrate(address) }
        let waits = "SELECT 1 FROM pg_locks WHERE relation = 'nightshift.result'::regclass AND NOT granted"
        while try await looking.call(waits).isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        try await worker.execute(script: "LOCK TABLE nightshift.study IN ROW SHARE MODE; COMMIT;")
        #expect(try await migrating.value.version == Migrator.newest)
        _ = try await looking.call("SELECT pg_stat_clear_snapshot()")
        let deadlocks = try await looking.call("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        #expect(try deadlocks[0].int("deadlocks") == 1)
        await worker.close()
        await looking.close()
    }

    @Test(.timeLimit(.minutes(5))) func anOldTeamGoesOn() async throws {
        let (decisions, unitsEach, size) = (12, 6, 2)
        let url = try await releasedDatabase()
        let address = try PostgresAddress(url: url)
        func database() -> Database { Database(address: address, patience: .endless) }
        let looking = database()
        let study = try await Self.submit(rows: decisions * unitsEach * size, to: looking)
        try await withThrowingTaskGroup(of: Void.self) { workers in
            for _ in 0..<3 {
                let team = OldTeam(database: database(), study: study)
                workers.addTask { try await team.work() }
            }
            async let planned: Void = OldTeam(database: database(), study: study)
                .plan(decisions, unitsEach: unitsEach, size: size, by: UUID())
            // Well under way.
            while try await looking.call("SELECT count(*) AS n FROM nightshift.decision").first?.int("n") ?? 0 < decisions / 4 {
                try await Task.sleep(for: .milliseconds(5))
            }
            let report = try await Migrator.migrate(address)
            #expect(report.applied.count > 0 && report.version == Migrator.newest)
            let before = try await looking.call("SELECT count(*) AS n FROM nightshift.decision").first?.int("n") ?? 0
            #expect(before < decisions, "the study was over before the schema was upgraded")
            // New workers join the old ones.
            workers.addTask { try await Self.workAnew(Store(database())) }
            try await planned
            workers.cancelAll()
            try await workers.waitForAll()
        }
        func count(_ source: String) async throws -> Int {
            try await looking.call("SELECT count(*) AS n FROM \(source)").first?.int("n") ?? -1
        }
        #expect(try await count("nightshift.result WHERE outcome = 'scored'") == decisions * unitsEach * size)
        #expect(try await count("nightshift.result WHERE outcome <> 'scored'") == 0)
        #expect(try await count("nightshift.unit") == 0)
        #expect(try await count("nightshift.decision WHERE finished_at IS NOT NULL") == decisions)
        #expect(try await count("nightshift.check_integrity()") == 0)
    }

    private static func submit(rows: Int, to database: Database) async throws -> Int {
        let examples: [JSON] = (0..<rows).map { ["question": .string("\($0)"), "answer": .int($0)] }
        let store = Store(database)
        return try await store.submit(
            id: "00000000000000cd", name: "old", fingerprint: String(repeating: "0", count: 64), spec: ["name": "old"],
            planVersion: 1,
            splits: [
                Store.SplitRows(split: "val", sha256: String(repeating: "0", count: 64), rows: examples.compactMap(\.objectValue))
            ])
    }

    private static func workAnew(_ store: Store) async throws {
        let session = UUID()
        // It sends no heartbeats.
        try await store.register(session: session, name: "new", info: [:], ttl: .seconds(120))
        do { try await workAnew(store, session) } catch {
            // A call that was under way when all was done.
            guard Task.isCancelled else { throw error }
        }
        await store.atLast { store throws(StoreError) in try await store.signOff(session: session) }
    }

    private static func workAnew(_ store: Store, _ session: UUID) async throws {
        while !Task.isCancelled {
            let units = try await store.lease(session: session, examples: 2, study: nil, ttl: .seconds(600))
            for unit in units {
                let results = StoreFixture.results(unit).map { result in
                    var result = result
                    result.identity = unit.identity(study: "00000000000000cd")
                    return result
                }
                _ = try await store.report(session: session, results)
            }
            if units.isEmpty { try? await Task.sleep(for: .milliseconds(10)) }
        }
    }
}
