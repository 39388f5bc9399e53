internal import Postgres

extension Store {
    /// Why less than all is seen of other roles' connections; nil where all is.
    func blindness() async throws(StoreError) -> String? {
        if try await text("pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')") == "true" { return nil }
        return "only this role's own are seen: GRANT pg_monitor TO \(try await text("quote_ident(current_user)"))"
    }

    func connections(_ blindness: String?) async throws(StoreError) -> Finding {
        let (used, limit) = (
            Int(try await text("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")) ?? 0,
            Int(try await text("current_setting('max_connections')")) ?? 0
        )
        let share = "\(used) of \(limit) used"
        if let blindness { return Finding("connections", .warning, "\(share); \(blindness)") }
        return used * 10 > limit * 8
            ? Finding("connections", .warning, share + ": raise max_connections, or put pgbouncer in between")
            : Finding("connections", .ok, share)
    }

    func longTransactions(_ limits: CheckupLimits, _ blindness: String?) async throws(StoreError) -> Finding {
        let rows = try await call(
            """
            SELECT pid, coalesce(usename, '?') AS role, coalesce(application_name, '') AS application, coalesce(state, '?') AS state,
                   extract(epoch FROM clock_timestamp() - xact_start)::int AS seconds
              FROM pg_stat_activity
             WHERE xact_start < clock_timestamp() - make_interval(secs => $1) AND backend_type = 'client backend'
               AND datname = current_database() AND pid <> pg_backend_pid()
             ORDER BY xact_start LIMIT 1
            """, .seconds(limits.transactionAge))
        guard let row = rows.first else {
            if let blindness { return Finding("transactions", .warning, blindness) }
            return Finding("transactions", .ok, "none is older than \(Int(limits.transactionAge / .seconds(60))) minutes")
        }
        return try decoded { () throws(PostgresError) in
            let (process, state) = (try row.int("pid"), try row.text("state"))
            return Finding(
                "transactions", .warning,
                """
                process \(process) of \(try row.text("role")) (\(try row.text("application")), \(state)) has one open for \
                \(try row.int("seconds")) s: dead rows can't be removed meanwhile; SELECT pg_terminate_backend(\(process)) ends it
                """)
        }
    }
}
