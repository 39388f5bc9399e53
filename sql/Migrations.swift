/// One file of `sql/`, as it was when this binary was built.
package struct Migration: Sendable {
    /// The number in the file's name.
    package let version: Int
    package let name: String
    package let sql: String

    /// All migrations in order.
    package static let all: [Migration] = [
        Migration(version: 1, name: "tables", bytes: PackageResources._001_tables_sql),
        Migration(version: 2, name: "queue", bytes: PackageResources._002_queue_sql),
        Migration(version: 3, name: "plan", bytes: PackageResources._003_plan_sql),
        Migration(version: 4, name: "corpus", bytes: PackageResources._004_corpus_sql),
        Migration(version: 5, name: "search", bytes: PackageResources._005_search_sql),
        Migration(version: 6, name: "lanes", bytes: PackageResources._006_lanes_sql),
        Migration(version: 7, name: "roles", bytes: PackageResources._007_roles_sql),
        Migration(version: 8, name: "cache", bytes: PackageResources._008_cache_sql),
        Migration(version: 9, name: "limits", bytes: PackageResources._009_limits_sql),
        Migration(version: 10, name: "ledger", bytes: PackageResources._010_ledger_sql),
        Migration(version: 11, name: "shares", bytes: PackageResources._011_shares_sql),
        Migration(version: 12, name: "tallies", bytes: PackageResources._012_tallies_sql),
        Migration(version: 13, name: "outages", bytes: PackageResources._013_outages_sql),
        Migration(version: 14, name: "lookups", bytes: PackageResources._014_lookups_sql),
        Migration(version: 15, name: "reopen", bytes: PackageResources._015_reopen_sql),
        Migration(version: 16, name: "absences", bytes: PackageResources._016_absences_sql),
        Migration(version: 17, name: "owners", bytes: PackageResources._017_owners_sql),
        Migration(version: 18, name: "failing", bytes: PackageResources._018_failing_sql),
        Migration(version: 19, name: "wall", bytes: PackageResources._019_wall_sql),
    ]

    private init(version: Int, name: String, bytes: [UInt8]) {
        self.version = version
        self.name = name
        sql = String(decoding: bytes, as: UTF8.self)
    }
}
