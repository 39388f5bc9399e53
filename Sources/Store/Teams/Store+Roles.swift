internal import Postgres

/// Roles of the database, for those who administer it.
extension Store {
    /// Makes the group roles where they are missing, gives everything to the owner role and each kind its rights.
    package func makeRoles() async throws(StoreError) {
        _ = try await call("SELECT nightshift.make_roles()")
    }

    /// Puts a login role into a team; answers whether it was made for that.
    package func enrol(_ role: String, in team: String, as kind: RoleKind) async throws(StoreError) -> Bool {
        let row = try await one("SELECT nightshift.enrol($1, $2, $3) AS is_new", .text(team), .text(role), .text(kind.rawValue))
        return try decoded { () throws(PostgresError) in try row.bool("is_new") }
    }
}
