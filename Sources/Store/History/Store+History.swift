package import JSON
internal import Postgres

/// What a study did: trials, usage, progress.
extension Store {
    /// Trials in order.
    package func trials(of study: Int) async throws(StoreError) -> [TrialRecord] {
        let rows = try await call("SELECT * FROM nightshift.trial_overview WHERE study_id = $1 ORDER BY number", .int(study))
        var trials: [TrialRecord] = []
        for row in rows {
            let params = try decodedJSON(try decoded { () throws(PostgresError) in try row.text("params") }) ?? .null
            trials.append(
                try decoded { () throws(PostgresError) in
                    TrialRecord(
                        number: try row.int("number"), candidate: try row.text("candidate"), params: params,
                        provenance: try row.text("provenance"), state: try row.text("state"),
                        score: try row.optionalDouble("score"), examples: try row.int("examples"), errors: try row.int("errors"),
                        calls: try row.int("calls"), createdAt: try row.moment("created_at"),
                        finishedAt: try row.optionalMoment("finished_at"), posterior: try row.optionalDouble("posterior"),
                        deviation: try row.optionalDouble("deviation"))
                })
        }
        return trials
    }

    /// Adds how the scores of trials spread: this reads their results on the validation split.
    package func withSpread(_ trials: [TrialRecord], of study: Int) async throws(StoreError) -> [TrialRecord] {
        var trials = trials
        let rows = try await call(
            """
            SELECT candidate, bool_and(score IN (0, 1)) AS are_binary, bool_and(score BETWEEN 0 AND 1) AS are_fractions,
                   stddev_samp(score)::double precision AS deviation
              FROM nightshift.my_result
             WHERE study_id = $1 AND split = 'val' AND score IS NOT NULL AND candidate = ANY($2::text[]) GROUP BY candidate
            """, .int(study), .textArray(trials.map(\.candidate)))
        let spreads = try decoded { () throws(PostgresError) in
            try rows.map { row throws(PostgresError) in
                let spread = ScoreSpread(
                    areBinary: try row.bool("are_binary"), areFractions: try row.bool("are_fractions"),
                    deviation: try row.optionalDouble("deviation"))
                return (try row.text("candidate"), spread)
            }
        }
        let spreadOf = Dictionary(uniqueKeysWithValues: spreads)
        for index in trials.indices { trials[index].spread = spreadOf[trials[index].candidate] }
        return trials
    }

    /// LM usage by stage and role.
    package func usage(of study: Int) async throws(StoreError) -> [UsageRecord] {
        let rows = try await call("SELECT * FROM nightshift.usage_overview WHERE study_id = $1 ORDER BY stage, role", .int(study))
        return try decoded { () throws(PostgresError) in
            try rows.map { row throws(PostgresError) in
                UsageRecord(
                    stage: try row.text("stage"), role: try row.text("role"), calls: try row.int("calls"),
                    attempts: try row.int("attempts"), cached: try row.int("cached"), promptTokens: try row.int("prompt_tokens"),
                    completionTokens: try row.int("completion_tokens"))
            }
        }
    }

    /// How far each stage that has begun is.
    package func progress(of study: Int) async throws(StoreError) -> [StageProgress] {
        let rows = try await call("SELECT * FROM nightshift.stage_overview WHERE study_id = $1 ORDER BY started_at", .int(study))
        return try decoded { () throws(PostgresError) in
            try rows.map { row throws(PostgresError) in
                StageProgress(
                    stage: try row.text("stage"), done: try row.int("done"), open: try row.int("open"),
                    seconds: try row.double("seconds"), startedAt: try row.double("started_at"),
                    endedAt: try row.double("ended_at"))
            }
        }
    }

    /// How many units the study had: those closed and those still open.
    package func unitCount(of study: Int) async throws(StoreError) -> Int {
        let row = try await one("SELECT units FROM nightshift.unit_count WHERE study_id = $1", .int(study))
        return try decoded { () throws(PostgresError) in try row.int("units") }
    }

    /// The results of a candidate on a split, by example: outcome, score and detail. What was tried again counts as it ended
    /// where it had no score before.
    package func resultDetails(
        study: Int, candidate: String, split: String
    ) async throws(StoreError) -> [(example: Int, outcome: String, score: Double?, detail: JSON?)] {
        let rows = try await call(
            """
            SELECT DISTINCT ON (example) example, outcome, score, detail FROM nightshift.my_result
             WHERE study_id = $1 AND candidate = $2 AND split = $3 AND rollout IN (0, 1)
             ORDER BY example, score IS NULL, rollout
            """, .int(study), .text(candidate), .text(split))
        var results: [(example: Int, outcome: String, score: Double?, detail: JSON?)] = []
        for row in rows {
            let detail = try decodedJSON(try decoded { () throws(PostgresError) in try row.optionalText("detail") })
            let (example, outcome, score) = try decoded { () throws(PostgresError) in
                (try row.int("example"), try row.text("outcome"), try row.optionalDouble("score"))
            }
            results.append((example, outcome, score, detail))
        }
        return results
    }
}
