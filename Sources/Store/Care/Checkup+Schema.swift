internal import Hashing
internal import Migrations
internal import Postgres

extension Store {
    /// Whether the database was made by this binary's migrations, all of them, with the text that they have here.
    ///
    /// - Parameter version: the newest that was applied.
    func schemaFinding(_ version: Int?) async throws(StoreError) -> Finding {
        guard let version else {
            return Finding("schema", .problem, "missing, this binary's is version \(Migrator.newest): run nightshift db migrate")
        }
        let recorded = try await recordedMigrations()
        for migration in Migration.all where migration.version <= version {
            let name = "migration \(migration.version) (\(migration.name))"
            guard let hash = recorded[migration.version] else {
                return Finding("schema", .problem, "\(name) is not on record as applied, though later ones are")
            }
            guard hash == sha256(migration.sql) else {
                return Finding("schema", .problem, "\(name) differs from the one that this database was made with")
            }
        }
        if version == Migrator.newest { return Finding("schema", .ok, "version \(version)") }
        return version < Migrator.newest
            ? Finding("schema", .problem, "version \(version), this binary's is \(Migrator.newest): run nightshift db migrate")
            : Finding(
                "schema", .problem, "version \(version), this binary knows \(Migrator.newest) only: upgrade nightshift here")
    }

    private func recordedMigrations() async throws(StoreError) -> [Int: String] {
        let rows = try await call("SELECT version, sha256 FROM public.nightshift_migration")
        return try decoded { () throws(PostgresError) in
            var recorded: [Int: String] = [:]
            for row in rows { recorded[try row.int("version")] = try row.text("sha256") }
            return recorded
        }
    }
}
