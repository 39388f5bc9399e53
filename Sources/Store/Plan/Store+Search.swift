package import JSON
internal import Postgres

/// What a coordinator asks of the store beside the plan itself: what was used and may be, what is believed, what was there before.
extension Store {
    /// What each piece of work has used by role, in the order of `works`; pieces without results have used nothing.
    package func usage(study: Int, of works: [SpentWork]) async throws(StoreError) -> [[RoleUsage]] {
        let list = works.enumerated().map { $0.element.json(number: $0.offset) }
        let rows = try await call("SELECT * FROM nightshift.usage_of($1, $2)", .int(study), .json(.array(list)))
        var usage = Array(repeating: [RoleUsage](), count: works.count)
        for row in rows {
            let (work, used) = try decoded { () throws(PostgresError) in
                (
                    try row.int("work"),
                    RoleUsage(
                        role: try row.text("role"), calls: try row.int("calls"), promptTokens: try row.int("prompt_tokens"),
                        completionTokens: try row.int("completion_tokens"))
                )
            }
            if usage.indices.contains(work) { usage[work].append(used) }
        }
        return usage
    }

    /// The study's budget as its text has it now (null: none), and the seconds since it was started.
    package func allowance(of study: Int) async throws(StoreError) -> (budget: JSON, elapsedSeconds: Double) {
        let row = try await one("SELECT * FROM nightshift.allowance($1)", .int(study))
        let (text, seconds) = try decoded { () throws(PostgresError) in
            (try row.optionalText("budget"), try row.double("elapsed_s"))
        }
        return (try decodedJSON(text) ?? .null, seconds)
    }

    /// Replaces what the search believes of trials.
    /// - Parameter decision: how many decisions were made.
    package func believe(_ term: Term, _ beliefs: [BeliefDraft], decision: Int) async throws(StoreError) {
        _ = try await call(
            "SELECT nightshift.believe($1, $2, $3, $4, $5)", .int(term.study), .uuid(term.holder), .int(term.number),
            .int(decision), .json(.array(beliefs.map(\.json))))
    }

    /// Notes the signature of the study's program.
    /// - Returns: the earlier candidates that were chosen for the study; nil before that.
    package func sign(_ term: Term, signature: String) async throws(StoreError) -> JSON? {
        let row = try await one(
            "SELECT nightshift.sign_study($1, $2, $3, $4) AS earlier", .int(term.study), .uuid(term.holder), .int(term.number),
            .text(signature))
        return try decodedJSON(try decoded { () throws(PostgresError) in try row.optionalText("earlier") })
    }

    /// The best candidates of the team's finished studies with this study's signature, the best first.
    package func earlierCandidates(of study: Int, atMost limit: Int) async throws(StoreError) -> [EarlierRecord] {
        let rows = try await call("SELECT * FROM nightshift.earlier_candidates($1, $2)", .int(study), .int(limit))
        var records: [EarlierRecord] = []
        for row in rows {
            let state = try decodedJSON(try decoded { () throws(PostgresError) in try row.text("state") }) ?? .null
            records.append(
                try decoded { () throws(PostgresError) in
                    EarlierRecord(
                        id: try row.text("id"), name: try row.text("name"), trial: try row.int("trial"), state: state,
                        score: try row.double("score"), examples: try row.int("examples"))
                })
        }
        return records
    }

    /// Records with which earlier candidates the study begins.
    /// - Returns: what stands: the first choice that was recorded.
    package func choose(_ term: Term, earlier: JSON) async throws(StoreError) -> JSON {
        let row = try await one(
            "SELECT nightshift.choose_earlier($1, $2, $3, $4) AS earlier", .int(term.study), .uuid(term.holder),
            .int(term.number), .json(earlier))
        return try decodedJSON(try decoded { () throws(PostgresError) in try row.optionalText("earlier") }) ?? .null
    }

    /// How many examples the live workers that serve a study keep in flight together.
    package func slots(of study: Int) async throws(StoreError) -> Int {
        let row = try await one("SELECT nightshift.slots($1) AS slots", .int(study))
        return try decoded { () throws(PostgresError) in try row.int("slots") }
    }

    /// How many of `slots` slots the study's plan could keep busy during the search, on average: so many runs and calls were asked for
    /// and had not ended. nil without a search.
    package func slotsHeld(by study: Int, of slots: Int) async throws(StoreError) -> Double? {
        let rows = try await call(
            """
            WITH stage AS (
                SELECT (SELECT min(d.created_at) FROM nightshift.my_decision d
                         WHERE d.study_id = $1 AND d.stage = 'search' AND d.units > 0) AS began,
                       (SELECT max(r.at) FROM nightshift.my_result r WHERE r.study_id = $1 AND r.stage = 'search') AS ended),
            -- A decision's text is read once.
            asked AS MATERIALIZED (
                SELECT d.number, d.created_at, w.candidate, coalesce(w.split, 'train') AS split,
                       coalesce(w.fresh, w.examples, '[]') AS examples, coalesce(w.calls, '[]') AS calls
                  FROM nightshift.my_decision d CROSS JOIN stage g
                 CROSS JOIN LATERAL json_to_record(d.body -> 'work')
                       AS w (candidate text, split text, fresh json, examples json, calls json)
                 WHERE d.study_id = $1 AND d.units > 0 AND d.created_at < g.ended),
            asked_row AS MATERIALIZED (
                SELECT a.number, a.created_at, a.candidate, a.split, x.example::int AS example
                  FROM asked a CROSS JOIN LATERAL json_array_elements_text(a.examples) AS x (example)),
            run AS (
                SELECT a.created_at AS began, min(r.at) AS ended
                  FROM asked_row a
                  JOIN nightshift.my_result r
                    ON r.study_id = $1 AND r.candidate = a.candidate AND r.split = a.split AND r.example = a.example
                   AND r.at >= a.created_at
                 GROUP BY a.number, a.created_at, a.example
                UNION ALL
                SELECT a.created_at, p.at
                  FROM asked a
                 CROSS JOIN LATERAL json_array_elements(a.calls) AS x (call)
                  JOIN nightshift.my_proposal p ON p.study_id = $1 AND p.key = 'propose/' || (x.call ->> 'key')),
            held AS (
                SELECT greatest(r.began, g.began) AS began, least(r.ended, g.ended) AS ended
                  FROM run r CROSS JOIN stage g WHERE r.began < g.ended AND r.ended > g.began),
            -- What is asked for takes a slot, and its end gives it back; so many are held between two such moments.
            swept AS (
                SELECT sum(c.change) OVER moments AS held, lead(c.at) OVER moments - c.at AS span
                  FROM (SELECT began AS at, 1 AS change FROM held UNION ALL SELECT ended, -1 FROM held) c
                WINDOW moments AS (ORDER BY c.at, c.change))
            SELECT ((SELECT sum(least(s.held, $2) * extract(epoch FROM s.span)) FROM swept s)
                    / nullif(extract(epoch FROM g.ended - g.began), 0))::double precision AS held
              FROM stage g WHERE g.ended > g.began
            """, .int(study), .int(slots))
        guard let row = rows.first else { return nil }
        return try decoded { () throws(PostgresError) in try row.optionalDouble("held") }
    }

    /// The share of `slots` slots' time during the search in which they ran nothing of the study: 0…1; nil without a search.
    package func searchIdleness(of study: Int, slots: Int) async throws(StoreError) -> Double? {
        let row = try await one("SELECT nightshift.search_idleness($1, $2) AS idle", .int(study), .int(slots))
        return try decoded { () throws(PostgresError) in try row.optionalDouble("idle") }
    }
}
