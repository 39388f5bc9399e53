internal import Foundation
internal import Postgres

/// How the database is: what `db check` looks at, one finding per subject.
package struct Finding: Sendable, Hashable {
    package enum Level: String, Sendable {
        case ok
        /// Works, but slower, or is about to cause trouble.
        case warning
        /// Something is wrong, or will be soon.
        case problem
    }

    package var subject: String
    package var level: Level
    package var text: String

    package init(_ subject: String, _ level: Level, _ text: String) {
        self.subject = subject
        self.level = level
        self.text = text
    }
}

/// From where on the checkup warns.
package struct CheckupLimits: Sendable {
    /// Age of an open transaction.
    package var transactionAge = Duration.seconds(300)
    /// Dead rows of a table, where they are more than twice the others.
    package var deadRows = 100_000
    /// Offset of this machine's clock.
    package var clockOffset = Duration.seconds(5)
    /// This machine's clock, in seconds since the epoch.
    package var now: @Sendable () -> Double = { Date().timeIntervalSince1970 }

    package init() {}
}

extension Finding {
    /// - Parameter version: as `server_version_num`: 150004.
    package static func server(version: Int, _ name: String) -> Finding {
        version >= 150_000
            ? Finding("server", .ok, "PostgreSQL \(name)")
            : Finding("server", .problem, "PostgreSQL \(name): 15 or newer is needed")
    }
}

extension Store {
    /// Looks at versions, clock, settings, connections, long transactions, bloat, the queue and the references between tables.
    /// What needs tables that an older schema may not have is left out there.
    package func checkup(_ limits: CheckupLimits = CheckupLimits()) async throws(StoreError) -> [Finding] {
        let version = try await Migrator.version(of: self)
        var findings = [try await serverVersion(), try await schemaFinding(version), try await clock(limits)]
        findings += try await settings()
        let blindness = try await blindness()
        findings.append(try await connections(blindness))
        findings.append(try await longTransactions(limits, blindness))
        findings.append(try await slots(limits))
        guard let version, version >= Migrator.newest else { return findings }
        findings.append(try await bloat(limits))
        findings.append(try await lateLeases())
        findings.append(try await integrity())
        return findings
    }

    func text(_ sql: String) async throws(StoreError) -> String {
        let row = try await one("SELECT (\(sql))::text AS value")
        return try decoded { () throws(PostgresError) in try row.optionalText("value") } ?? ""
    }

    private func serverVersion() async throws(StoreError) -> Finding {
        let (number, name) = (
            Int(try await text("current_setting('server_version_num')")) ?? 0, try await text("current_setting('server_version')")
        )
        return .server(version: number, name)
    }

    /// Leases use the server's clock alone; a client's own matters for its log.
    private func clock(_ limits: CheckupLimits) async throws(StoreError) -> Finding {
        let before = limits.now()
        let server = Double(try await text("extract(epoch FROM clock_timestamp())")) ?? 0
        let after = limits.now()
        let offset = server < before ? server - before : server > after ? server - after : 0
        let seconds = (offset * 10).rounded() / 10
        return abs(offset) < limits.clockOffset / .seconds(1)
            ? Finding("clock", .ok, "within \(Swift.max(abs(seconds), 0.1)) s of this machine's")
            : Finding("clock", .warning, "\(seconds) s off this machine's: leases are not touched, times in logs are")
    }

    private func settings() async throws(StoreError) -> [Finding] {
        let wanted = [
            ("fsync", "on"), ("full_page_writes", "on"), ("synchronous_commit", "on"), ("autovacuum", "on"),
            ("track_counts", "on"),
        ]
        var findings: [Finding] = []
        for (name, value) in wanted {
            let found = try await text("current_setting('\(name)')")
            let isSafe =
                found == value || name == "synchronous_commit" && ["remote_apply", "remote_write", "local"].contains(found)
            if !isSafe {
                findings.append(
                    Finding(
                        name, .problem,
                        "is \(found), should be \(value): a crash of the server may lose what was acknowledged, or tables grow"))
            }
        }
        let wal = Int(try await text("SELECT setting FROM pg_settings WHERE name = 'max_wal_size'")) ?? 0
        if wal < 2048 {
            findings.append(
                Finding(
                    "max_wal_size", .warning, "is \(wal) MB: under load checkpoints come every few seconds; give it 2 GB or more")
            )
        }
        let nap = Int(try await text("SELECT setting FROM pg_settings WHERE name = 'autovacuum_naptime'")) ?? 0
        if nap > 15 {
            findings.append(Finding("autovacuum_naptime", .warning, "is \(nap) s: the queue is vacuumed late; 10 s is good"))
        }
        if try await text("current_setting('jit')") == "on" {
            let text = """
                is on: compiling a statement takes longer than running it, here; as the database's owner: \
                ALTER DATABASE … SET jit = off
                """
            findings.append(Finding("jit", .warning, text))
        }
        return findings.isEmpty ? [Finding("settings", .ok, "as they should be")] : findings
    }

    /// What holds dead rows, or the log of all that was written, though nobody is connected.
    private func slots(_ limits: CheckupLimits) async throws(StoreError) -> Finding {
        let row = try await one(
            """
            SELECT (SELECT count(*) FROM pg_prepared_xacts WHERE prepared < clock_timestamp() - make_interval(secs => $1)) AS left,
                   (SELECT count(*) FROM pg_replication_slots
                     WHERE NOT active AND (xmin IS NOT NULL OR restart_lsn IS NOT NULL)) AS idle
            """, .seconds(limits.transactionAge))
        let (left, idle) = try decoded { () throws(PostgresError) in (try row.int("left"), try row.int("idle")) }
        return left + idle == 0
            ? Finding("slots", .ok, "no forgotten replication slot or prepared transaction")
            : Finding(
                "slots", .warning,
                """
                \(left) prepared transactions and \(idle) inactive replication slots keep dead rows and write-ahead log: \
                the disk fills
                """)
    }

    private func bloat(_ limits: CheckupLimits) async throws(StoreError) -> Finding {
        let rows = try await call(
            """
            SELECT relname AS name, n_dead_tup AS dead, n_live_tup AS live, pg_size_pretty(pg_total_relation_size(relid)) AS size
              FROM pg_stat_user_tables WHERE schemaname = 'nightshift' AND n_dead_tup > $1 AND n_dead_tup > 2 * n_live_tup
             ORDER BY n_dead_tup DESC LIMIT 1
            """, .int(limits.deadRows))
        guard let row = rows.first else {
            let queue = try await text("pg_size_pretty(pg_total_relation_size('nightshift.unit'))")
            let results = try await text("pg_size_pretty(pg_total_relation_size('nightshift.result'))")
            return Finding("bloat", .ok, "the queue takes \(queue), results \(results)")
        }
        return try decoded { () throws(PostgresError) in
            let name = try row.text("name")
            return Finding(
                "bloat", .warning,
                """
                \(name) has \(try row.int("dead")) dead rows beside \(try row.int("live")) (\(try row.text("size"))): \
                see transactions above, or VACUUM nightshift.\(name)
                """)
        }
    }

    /// Whoever coordinates reaps each second: what is long overdue has no coordinator.
    private func lateLeases() async throws(StoreError) -> Finding {
        let late =
            Int(
                try await text(
                    """
                    SELECT count(*) FROM nightshift.session s JOIN nightshift.unit u USING (session)
                     WHERE s.until < clock_timestamp() - interval '1 min'
                    """)) ?? 0
        return late == 0
            ? Finding("leases", .ok, "no dead worker holds units")
            : Finding(
                "leases", .warning, "\(late) units are held by workers that died over a minute ago: is a coordinator running?")
    }

    private func integrity() async throws(StoreError) -> Finding {
        let rows = try await call(
            """
            SELECT problem, study_id, count FROM nightshift.check_integrity()
            UNION ALL SELECT problem, study_id, count FROM nightshift.check_tally()
            """)
        guard let row = rows.first else {
            return Finding("integrity", .ok, "all references hold, the counters are what the results say")
        }
        return try decoded { () throws(PostgresError) in
            Finding(
                "integrity", .problem,
                "\(try row.text("problem")): \(try row.int("count")) of study number \(try row.int("study_id"))")
        }
    }
}
