internal import Hashing
internal import Migrations
package import Postgres

/// Brings a database to this binary's schema.
package enum Migrator {
    /// What a migration run found and did.
    package struct Report: Sendable, Hashable {
        /// Names of the migrations that were applied now, in order.
        package var applied: [String]
        /// Version of the schema afterwards.
        package var version: Int
    }

    // Serialises concurrent migrations; the number is arbitrary and ours.
    private static let lockKey = 7_311_952_014

    /// Applies what is missing, under a lock and in one transaction; running it again changes nothing.
    ///
    /// - Parameter last: how far; an older schema is of use to tests of upgrading.
    /// - Throws: ``StoreError`` `.schema` when the database holds a newer schema or a migration whose text differs.
    @discardableResult
    package static func migrate(_ address: PostgresAddress, through last: Int = newest) async throws(StoreError) -> Report {
        var attempt = 1
        while true {
            if let report = try await attemptToMigrate(address, through: last, isLast: attempt == attempts) { return report }
            try? await Task.sleep(for: .milliseconds(100 * attempt))
            attempt += 1
        }
    }

    /// How often it begins: a team at work locks in an order of its own, and one of the two gives way.
    private static let attempts = 10

    /// - Returns: nil where it had to give way.
    private static func attemptToMigrate(
        _ address: PostgresAddress, through last: Int, isLast: Bool
    ) async throws(StoreError) -> Report? {
        do {
            let connection = try await PostgresConnection.connect(address, mode: .simple)
            do {
                let report = try await migrate(connection, through: last)
                await connection.close()
                return report
            } catch {
                await connection.close()
                throw error
            }
        } catch let error as PostgresError {
            if error.isSerialization, !isLast { return nil }
            throw StoreError(error)
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.database, "\(error)")
        }
    }

    /// The version of this binary's schema.
    package static let newest = Migration.all.map(\.version).max() ?? 0

    /// The version of the database's schema; nil where there is none. Writes nothing.
    package static func version(of store: Store) async throws(StoreError) -> Int? {
        let tables = try await store.call("SELECT to_regclass('public.nightshift_migration') IS NOT NULL AS exists")
        guard let row = tables.first, try decoded({ () throws(PostgresError) in try row.bool("exists") }) else { return nil }
        let version = try await store.one("SELECT max(version) AS version FROM public.nightshift_migration")
        return try decoded { () throws(PostgresError) in try version.optionalInt("version") }
    }

    private static func migrate(_ connection: PostgresConnection, through last: Int) async throws -> Report {
        try await connection.execute(
            script: """
                BEGIN;
                SELECT pg_advisory_xact_lock(\(lockKey));
                CREATE TABLE IF NOT EXISTS public.nightshift_migration (
                    version int PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT clock_timestamp());
                COMMENT ON TABLE public.nightshift_migration IS 'Which migrations of Nightshift were applied, and the hash of their text.';
                """)
        let recorded = try await connection.query("SELECT version, sha256 FROM public.nightshift_migration")
        var known: [Int: String] = [:]
        for row in recorded { known[try row.int("version")] = try row.text("sha256") }
        if let later = known.keys.max(), later > newest {
            throw StoreError(
                .schema, "the database's schema is version \(later), newer than this binary's \(newest): upgrade nightshift here")
        }
        var applied: [String] = []
        for migration in Migration.all where migration.version <= last {
            let hash = sha256(migration.sql)
            if let recorded = known[migration.version] {
                guard recorded == hash else {
                    throw StoreError(
                        .schema,
                        "migration \(migration.version) (\(migration.name)) differs from the one this database was made with")
                }
                continue
            }
            try await connection.execute(script: migration.sql)
            try await connection.execute(
                script: """
                    INSERT INTO public.nightshift_migration (version, name, sha256)
                    VALUES (\(migration.version), '\(migration.name)', '\(hash)');
                    """)
            applied.append(migration.name)
        }
        if !applied.isEmpty { try await connection.query("SELECT nightshift.secure()") }
        try await connection.execute(script: "COMMIT;")
        return Report(applied: applied, version: last)
    }
}
