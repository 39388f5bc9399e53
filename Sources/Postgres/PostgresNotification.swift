/// A message sent by `NOTIFY` or `pg_notify`.
package struct PostgresNotification: Sendable, Hashable {
    package let channel: String
    package let payload: String
    /// The server process of the session that sent it.
    package let pid: Int
}
