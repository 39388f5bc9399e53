package import JSON
internal import Postgres

/// An ended study that may be archived and forgotten.
package struct PrunableStudy: Sendable, Hashable {
    package var number: Int
    package var id: String
    package var team: String
    package var name: String
    package var finishedAt: String
    package var results: Int
}

extension Store {
    /// Studies of all teams that ended longer ago than `age`, the oldest first.
    package func prunableStudies(olderThan age: Duration) async throws(StoreError) -> [PrunableStudy] {
        let rows = try await call(
            """
            SELECT s.study_id, s.id, t.name AS team, s.name, s.finished_at,
                   (SELECT coalesce(sum(c.results), 0)::bigint FROM nightshift.live_tally c
                     WHERE c.study_id = s.study_id AND c.candidate IS NOT NULL) AS results
              FROM nightshift.study s JOIN nightshift.team t USING (team_id)
             WHERE s.finished_at < clock_timestamp() - make_interval(secs => $1) ORDER BY s.finished_at, s.study_id
            """, .seconds(age))
        return try decoded { () throws(PostgresError) in
            try rows.map { row throws(PostgresError) in
                PrunableStudy(
                    number: try row.int("study_id"), id: try row.text("id"), team: try row.text("team"),
                    name: try row.text("name"),
                    finishedAt: try row.moment("finished_at"), results: try row.int("results"))
            }
        }
    }

    /// Gives `write` all that the database holds of a study, a line of JSON per row: `{"table": …, "row": {…}}`.
    package func archive(study: Int, _ write: (String) throws -> Void) async throws {
        let team = try await one(
            "SELECT to_json(t)::text AS row FROM nightshift.team t JOIN nightshift.study s USING (team_id) WHERE s.study_id = $1",
            .int(study))
        try write(Self.line("team", try team.text("row")))
        for table in Self.smallTables {
            let rows = try await call(
                "SELECT to_json(x)::text AS row FROM nightshift.\(table) x WHERE study_id = $1", .int(study))
            for row in rows { try write(Self.line(table, try row.text("row"))) }
        }
        try await archiveDatasets(of: study, write)
        // A million results don't fit into memory: pages by key.
        var last = ("", "", -1, -1)
        while true {
            let rows = try await call(
                """
                SELECT to_json(r)::text AS row, candidate, split, example, rollout FROM nightshift.result r
                 WHERE study_id = $1 AND (candidate, split, example, rollout) > ($2, $3, $4, $5)
                 ORDER BY candidate, split, example, rollout LIMIT 2000
                """, .int(study), .text(last.0), .text(last.1), .int(last.2), .int(last.3))
            for row in rows { try write(Self.line("result", try row.text("row"))) }
            guard let end = rows.last, rows.count == 2000 else { return }
            last = (try end.text("candidate"), try end.text("split"), try end.int("example"), try end.int("rollout"))
        }
    }

    private func archiveDatasets(of study: Int, _ write: (String) throws -> Void) async throws {
        let datasets = try await call(
            """
            SELECT d.dataset_id, to_json(d)::text AS row FROM nightshift.dataset d
             WHERE d.dataset_id IN (SELECT p.dataset_id FROM nightshift.study_split p WHERE p.study_id = $1) ORDER BY d.dataset_id
            """, .int(study))
        for dataset in datasets {
            try write(Self.line("dataset", try dataset.text("row")))
            var (last, count) = (-1, 2000)
            while count == 2000 {
                let rows = try await call(
                    """
                    SELECT number, to_json(e)::text AS row FROM nightshift.example e
                     WHERE dataset_id = $1 AND number > $2 ORDER BY number LIMIT 2000
                    """, .int(try dataset.int("dataset_id")), .int(last))
                for row in rows { try write(Self.line("example", try row.text("row"))) }
                (last, count) = (try rows.last?.int("number") ?? last, rows.count)
            }
        }
    }

    private static let smallTables = [
        "study", "study_split", "decision", "candidate", "trial", "belief", "proposal", "event", "ledger", "spend",
    ]

    private static func line(_ table: String, _ row: String) -> String { "{\"table\": \"\(table)\", \"row\": \(row)}\n" }

    /// Deletes an ended study with all that belongs to it, and the data sets that no other study uses.
    package func prune(study: Int) async throws(StoreError) {
        _ = try await call("SELECT nightshift.prune_study($1)", .int(study))
    }

    /// What was done to a study and by whom, the newest last.
    package func events(of study: Int, atMost limit: Int) async throws(StoreError) -> [EventRecord] {
        let rows = try await call(
            """
            SELECT * FROM (SELECT event_id, at, kind, actor, data FROM nightshift.my_event WHERE study_id = $1
                            ORDER BY event_id DESC LIMIT $2) e ORDER BY event_id
            """, .int(study), .int(limit))
        return try Self.events(rows)
    }

    /// What was done to the database itself and by whom, the newest last: roles, pruned studies. For its owner.
    package func databaseEvents(atMost limit: Int) async throws(StoreError) -> [EventRecord] {
        try Self.events(
            try await call(
                """
                SELECT * FROM (SELECT event_id, at, kind, actor, data FROM nightshift.event WHERE study_id IS NULL
                                ORDER BY event_id DESC LIMIT $1) e ORDER BY event_id
                """, .int(limit)))
    }

    private static func events(_ rows: [PostgresRow]) throws(StoreError) -> [EventRecord] {
        var events: [EventRecord] = []
        for row in rows {
            let data = try decodedJSON(try decoded { () throws(PostgresError) in try row.optionalText("data") })
            events.append(
                try decoded { () throws(PostgresError) in
                    EventRecord(at: try row.moment("at"), kind: try row.text("kind"), actor: try row.text("actor"), data: data)
                })
        }
        return events
    }
}

/// Something that happened to a study.
package struct EventRecord: Sendable, Hashable {
    package var at: String
    /// As subject.verb: `study.paused`, `unit.set_aside`.
    package var kind: String
    /// The login role of the database that did it.
    package var actor: String
    package var data: JSON?
}
