internal import Postgres

/// The queue of an unfinished study at one moment.
package struct QueueHealth: Sendable, Hashable {
    package var id: String
    package var name: String
    package var state: String
    package var ready: Int
    package var leased: Int
    package var delayed: Int
    /// Open units that were leased more than once.
    package var retried: Int
    /// Open units that cost two workers and run alone.
    package var suspect: Int
    /// Of open units.
    package var failures: Int
    /// Of open units.
    package var losses: Int
    /// Units given up since the study began.
    package var setAside: Int
    package var oldestLeaseSeconds: Double
    package var isLed: Bool
    /// For how long the study's first open decision has had all its results without being told to the plan.
    package var lagSeconds: Double
}

extension Store {
    /// The queues of the team's unfinished studies.
    package func queueHealth() async throws(StoreError) -> [QueueHealth] {
        let rows = try await call("SELECT * FROM nightshift.queue_health ORDER BY study_id")
        return try decoded { () throws(PostgresError) in
            try rows.map { row throws(PostgresError) in
                QueueHealth(
                    id: try row.text("id"), name: try row.text("name"), state: try row.text("state"),
                    ready: try row.int("ready"), leased: try row.int("leased"), delayed: try row.int("delayed"),
                    retried: try row.int("retried"), suspect: try row.int("suspect"), failures: try row.int("failures"),
                    losses: try row.int("losses"), setAside: try row.int("set_aside"),
                    oldestLeaseSeconds: try row.double("oldest_lease_s"), isLed: try row.bool("is_led"),
                    lagSeconds: try row.double("lag_s"))
            }
        }
    }
}
