/// What a login role of the database is there for; its rights are the rows of `nightshift.permission`.
package enum RoleKind: String, Sendable, CaseIterable {
    /// Plans the team's studies.
    case coordinator
    /// Leases, runs and reports; reads only what belongs to its leases.
    case worker
    /// Submits, steers and reads.
    case member
    /// Reads.
    case viewer
}
