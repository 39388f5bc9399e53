package import JSON
internal import Postgres

/// Studies: stored, found, steered.
extension Store {
    /// A split's rows as they are submitted: hash and content.
    package struct SplitRows: Sendable {
        package var split: String
        package var sha256: String
        package var rows: [JSONObject]

        package init(split: String, sha256: String, rows: [JSONObject]) {
            self.split = split
            self.sha256 = sha256
            self.rows = rows
        }
    }

    /// Stores a validated study with its data in one transaction; answers its number.
    ///
    /// - Throws: ``StoreError`` `.conflict` when an unfinished study has that name.
    package func submit(
        id: String, name: String, fingerprint: String, spec: JSON, planVersion: Int, splits: [SplitRows]
    ) async throws(StoreError) -> Int {
        let splits = splits.map { split -> JSON in
            ["split": .string(split.split), "sha256": .string(split.sha256), "rows": .array(split.rows.map(JSON.object))]
        }
        let row = try await one(
            "SELECT nightshift.submit($1, $2, $3, $4, $5, $6) AS study_id",
            .text(id), .text(name), .text(fingerprint), .json(spec), .int(planVersion), .json(.array(splits)))
        return try decoded { () throws(PostgresError) in try row.int("study_id") }
    }

    /// Replaces the text of an unfinished study by one of the same fingerprint: other addresses, limits, time-outs.
    package func update(study: Int, spec: JSON) async throws(StoreError) {
        _ = try await call("SELECT nightshift.update_spec($1, $2)", .int(study), .json(spec))
    }

    /// Pauses, resumes or cancels; answers the state afterwards.
    @discardableResult
    package func steer(study: Int, _ action: String, message: String? = nil) async throws(StoreError) -> String? {
        let row = try await one(
            "SELECT nightshift.steer($1, $2, $3) AS state", .int(study), .text(action), message.map(PostgresValue.text) ?? .null)
        return try decoded { () throws(PostgresError) in try row.optionalText("state") }
    }

    /// State and message only, which is what a loop looks at.
    package func state(of study: Int) async throws(StoreError) -> (state: String, message: String?, isEnded: Bool)? {
        let rows = try await call(
            "SELECT state, message, finished_at IS NOT NULL AS is_ended FROM nightshift.my_study WHERE study_id = $1", .int(study)
        )
        guard let row = rows.first else { return nil }
        return try decoded { () throws(PostgresError) in
            (try row.text("state"), try row.optionalText("message"), try row.bool("is_ended"))
        }
    }

    package func study(number: Int) async throws(StoreError) -> StudyRecord? {
        try await studies("WHERE study_id = $1", .int(number)).first
    }

    /// The newest study of a name.
    package func study(named name: String) async throws(StoreError) -> StudyRecord? {
        try await studies("WHERE name = $1 ORDER BY created_at DESC, study_id DESC LIMIT 1", .text(name)).first
    }

    /// The studies whose id begins with `prefix`.
    package func studies(idPrefix prefix: String) async throws(StoreError) -> [StudyRecord] {
        try await studies("WHERE starts_with(id, $1) ORDER BY created_at DESC", .text(prefix))
    }

    private func studies(_ clause: String, _ parameter: PostgresValue) async throws(StoreError) -> [StudyRecord] {
        let rows = try await call("SELECT * FROM nightshift.my_study \(clause)", parameter)
        var studies: [StudyRecord] = []
        for row in rows {
            let (spec, result) = try decoded { () throws(PostgresError) in (try row.text("spec"), try row.optionalText("result"))
            }
            let (specJSON, resultJSON) = (try decodedJSON(spec) ?? .null, try decodedJSON(result))
            studies.append(
                try decoded { () throws(PostgresError) in
                    StudyRecord(
                        number: try row.int("study_id"), id: try row.text("id"), name: try row.text("name"),
                        fingerprint: try row.text("fingerprint"), spec: specJSON, planVersion: try row.int("plan_version"),
                        state: try row.text("state"), finishReason: try row.optionalText("finish_reason"),
                        message: try row.optionalText("message"), result: resultJSON, createdAt: try row.moment("created_at"),
                        startedAt: try row.optionalMoment("started_at"), finishedAt: try row.optionalMoment("finished_at"))
                })
        }
        return studies
    }

    /// All studies of the team, newest first.
    package func studyLines() async throws(StoreError) -> [StudyLine] {
        try await lines("ORDER BY study_id DESC", [])
    }

    package func studyLine(number: Int) async throws(StoreError) -> StudyLine? {
        try await lines("WHERE study_id = $1", [.int(number)]).first
    }

    private func lines(_ clause: String, _ parameters: [PostgresValue]) async throws(StoreError) -> [StudyLine] {
        let rows = try await database.call("SELECT * FROM nightshift.study_overview \(clause)", parameters)
        return try decoded { () throws(PostgresError) in
            try rows.map { row throws(PostgresError) in
                StudyLine(
                    id: try row.text("id"), name: try row.text("name"), state: try row.text("state"),
                    finishReason: try row.optionalText("finish_reason"), message: try row.optionalText("message"),
                    trials: try row.int("trials"), openUnits: try row.int("open_units"), leasedUnits: try row.int("leased_units"),
                    isLed: try row.bool("is_led"), priority: try row.int("priority"), createdAt: try row.moment("created_at"),
                    finishedAt: try row.optionalMoment("finished_at"), elapsedSeconds: try row.double("elapsed_s"))
            }
        }
    }
}
