import Migrations
import Postgres
import Store
import TestSupport
import Testing

struct MigrationTests {
    private let names = Migration.all.map(\.name)

    @Test func migrationsApplyOnceAndInOrder() async throws {
        let address = try PostgresAddress(url: try await TestCluster.shared.makeDatabase())
        let store = Store(Database(address: address, patience: .none))
        #expect(try await Migrator.version(of: store) == nil)
        let (first, second) = (try await Migrator.migrate(address), try await Migrator.migrate(address))
        #expect(first.applied == names && second.applied == [])
        #expect(first.version == Migrator.newest && second.version == Migrator.newest)
        #expect(try await Migrator.version(of: store) == Migrator.newest)
    }

    @Test func manyAtOnceApplyThemOnce() async throws {
        let address = try PostgresAddress(url: try await TestCluster.shared.makeDatabase())
        let applied = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<4 { group.addTask { try await Migrator.migrate(address).applied } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied == names)
    }

    @Test(arguments: [
        "UPDATE public.nightshift_migration SET sha256 = 'changed' WHERE version = 2",
        "INSERT INTO public.nightshift_migration (version, name, sha256) VALUES (999, 'future', 'x')",
    ])
    func aChangedOrNewerSchemaIsRefused(change: String) async throws {
        let address = try PostgresAddress(url: try await StoreFixture.migratedDatabase())
        let database = Database(address: address, patience: .none)
        _ = try await database.call(change)
        #expect(await storeErrorCode { try await Migrator.migrate(address) } == .schema)
    }

    @Test func everyTableColumnViewAndFunctionHasAComment() async throws {
        let fixture = try await StoreFixture.make()
        let bare = try await fixture.run(
            """
            SELECT c.relname || coalesce('.' || a.attname, '') AS name FROM pg_class c
              LEFT JOIN pg_attribute a ON c.relkind = 'r' AND a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             WHERE c.relnamespace = 'nightshift'::regnamespace AND c.relkind IN ('r', 'v')
               AND (obj_description(c.oid, 'pg_class') IS NULL
                    OR a.attnum IS NOT NULL AND col_description(c.oid, a.attnum) IS NULL)
            UNION ALL
            SELECT proname || '()' FROM pg_proc
             WHERE pronamespace = 'nightshift'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL
            """)
        #expect(try bare.map { try $0.text("name") } == [])
        #expect(try await fixture.text("obj_description('nightshift'::regnamespace)") != nil)
    }
}
