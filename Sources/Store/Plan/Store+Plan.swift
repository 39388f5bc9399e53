package import Foundation
package import JSON
internal import Postgres

/// What a coordinator asks of the store.
extension Store {
    /// Studies of the team that want a coordinator: queued or running, and led by nobody or by `holder`.
    package func studiesToLead(holder: UUID) async throws(StoreError) -> [Int] {
        let rows = try await call("SELECT study_id FROM nightshift.to_lead($1)", .uuid(holder))
        return try decoded { () throws(PostgresError) in try rows.map { row throws(PostgresError) in try row.int("study_id") } }
    }

    /// Takes or renews the lead; nil while another coordinator holds it.
    package func lead(study: Int, holder: UUID, ttl: Duration) async throws(StoreError) -> Term? {
        let row = try await one(
            "SELECT nightshift.lead($1, $2, $3, $4) AS term", .int(study), .uuid(holder),
            .json(.object(ProcessIdentity.current.json)),
            .seconds(ttl))
        let number = try decoded { () throws(PostgresError) in try row.optionalInt("term") }
        return number.map { Term(study: study, holder: holder, number: $0) }
    }

    package func resign(_ term: Term) async throws(StoreError) {
        _ = try await call("SELECT nightshift.resign($1, $2)", .int(term.study), .uuid(term.holder))
    }

    /// A queued study that has a leader runs.
    package func start(_ term: Term) async throws(StoreError) {
        _ = try await call("SELECT nightshift.start($1, $2, $3)", .int(term.study), .uuid(term.holder), .int(term.number))
    }

    /// The decisions made so far, in order.
    package func decisions(of study: Int) async throws(StoreError) -> [DecisionRecord] {
        let rows = try await call(
            "SELECT number, key, stage, body FROM nightshift.my_decision WHERE study_id = $1 ORDER BY number", .int(study))
        var decisions: [DecisionRecord] = []
        for row in rows {
            let (number, key, stage, body) = try decoded { () throws(PostgresError) in
                (try row.int("number"), try row.text("key"), try row.text("stage"), try row.text("body"))
            }
            decisions.append(DecisionRecord(number: number, key: key, stage: stage, body: try decodedJSON(body) ?? .null))
        }
        return decisions
    }

    /// Records a decision with its candidates, trials and units; false when that number was decided before.
    package func decide(
        _ term: Term, _ decision: DecisionRecord, candidates: [JSON], trials: [JSON], units: [UnitDraft]
    ) async throws(StoreError) -> Bool {
        let row = try await one(
            "SELECT nightshift.decide($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS is_new",
            .int(term.study), .uuid(term.holder), .int(term.number), .int(decision.number), .text(decision.key),
            .text(decision.stage), .json(decision.body), .json(.array(candidates)), .json(.array(trials)),
            .json(.array(units.map(\.json))))
        return try decoded { () throws(PostgresError) in try row.bool("is_new") }
    }

    /// Whether no unit of decision `number` is left.
    package func isComplete(study: Int, decision number: Int) async throws(StoreError) -> Bool {
        let row = try await one("SELECT nightshift.is_complete($1, $2) AS done", .int(study), .int(number))
        return try decoded { () throws(PostgresError) in try row.bool("done") }
    }

    /// Results of `candidate` on `examples` of a split, in no particular order.
    package func results(
        study: Int, candidate: String, split: String, rollout: Int, examples: [Int], withDetails: Bool
    ) async throws(StoreError) -> [ResultRecord] {
        let rows = try await call(
            "SELECT example, outcome, score, detail FROM nightshift.run_outcome($1, $2, $3, $4, $5, $6)",
            .int(study), .text(candidate), .text(split), .int(rollout), .intArray(examples), .bool(withDetails))
        var results: [ResultRecord] = []
        for row in rows {
            let detail = try decodedJSON(try decoded { () throws(PostgresError) in try row.optionalText("detail") })
            results.append(
                try decoded { () throws(PostgresError) in
                    ResultRecord(
                        example: try row.int("example"), outcome: try row.text("outcome"), score: try row.optionalDouble("score"),
                        detail: detail)
                })
        }
        return results
    }

    /// The proposer's outputs by unit key; a key without an entry failed or is not done.
    package func proposals(study: Int, keys: [String]) async throws(StoreError) -> [String: JSONObject] {
        let rows = try await call(
            "SELECT key, outputs FROM nightshift.my_proposal WHERE study_id = $1 AND key = ANY ($2) AND outputs IS NOT NULL",
            .int(study), .textArray(keys))
        var proposals: [String: JSONObject] = [:]
        for row in rows {
            let (key, outputs) = try decoded { () throws(PostgresError) in (try row.text("key"), try row.text("outputs")) }
            proposals[key] = try decodedJSON(outputs)?.objectValue
        }
        return proposals
    }

    /// Why there is no answer to a proposer's call or a training; nil where there is one, or it is not done.
    package func proposalError(study: Int, key: String) async throws(StoreError) -> String? {
        let rows = try await call(
            "SELECT error FROM nightshift.my_proposal WHERE study_id = $1 AND key = $2", .int(study), .text(key))
        guard let row = rows.first else { return nil }
        return try decoded { () throws(PostgresError) in try row.optionalText("error") }
    }

    /// What one of the study's metric errors says.
    package func metricError(study: Int) async throws(StoreError) -> String? {
        let rows = try await call(
            """
            SELECT coalesce(detail #>> '{error,message}', '') AS message FROM nightshift.my_result
             WHERE study_id = $1 AND outcome = 'metric_error' LIMIT 1
            """, .int(study))
        guard let row = rows.first else { return nil }
        return try decoded { () throws(PostgresError) in try row.text("message") }
    }

    /// Notes that a decision's outcome was told to the plan.
    package func conclude(_ term: Term, decision number: Int) async throws(StoreError) {
        _ = try await call(
            "SELECT nightshift.conclude_decision($1, $2, $3, $4)",
            .int(term.study), .uuid(term.holder), .int(term.number), .int(number))
    }

    /// Ends a study: `finished` with a reason and a result, or `failed` with a message.
    package func finish(
        _ term: Term, state: String, reason: String?, message: String?, result: JSON?
    ) async throws(StoreError) {
        _ = try await call(
            "SELECT nightshift.finish($1, $2, $3, $4, $5, $6, $7)",
            .int(term.study), .uuid(term.holder), .int(term.number), .text(state), reason.map(PostgresValue.text) ?? .null,
            message.map(PostgresValue.foreignText) ?? .null, result.map(PostgresValue.json) ?? .null)
    }

    /// Where nobody has looked for dead workers for longer than `gap`, or the server was restarted since, they could not speak:
    /// what ran out meanwhile lasts `grace` more. Answers how many sessions that were.
    @discardableResult
    package func forgiveOutage(gap: Duration, grace: Duration) async throws(StoreError) -> Int {
        let row = try await one("SELECT nightshift.forgive_outage($1, $2) AS forgiven", .seconds(gap), .seconds(grace))
        return try decoded { () throws(PostgresError) in try row.int("forgiven") }
    }

    /// Makes units of dead sessions ready again, and books what dead processes had reserved; answers how many units were lost.
    @discardableResult
    package func reap() async throws(StoreError) -> Int {
        let row = try await one("SELECT nightshift.reap(1000) AS lost, nightshift.settle_spenders(1000)")
        return try decoded { () throws(PostgresError) in try row.int("lost") }
    }

    /// Folds the counters of results that have grown; answers of how many studies.
    @discardableResult
    package func foldTallies() async throws(StoreError) -> Int {
        let row = try await one("SELECT nightshift.fold_tallies() AS studies")
        return try decoded { () throws(PostgresError) in try row.int("studies") }
    }

    /// Ends the sessions and leads of processes that were seen dead on `host`; answers how many sessions.
    @discardableResult
    package func endProcesses(host: String, _ processes: [Int]) async throws(StoreError) -> Int {
        let row = try await one(
            "SELECT nightshift.end_processes($1, $2) AS ended, nightshift.end_spenders($1, $2)", .text(host), .intArray(processes)
        )
        return try decoded { () throws(PostgresError) in try row.int("ended") }
    }

    /// The processes on `host` that hold a session or a lead.
    package func liveProcesses(host: String) async throws(StoreError) -> [Int] {
        let rows = try await call("SELECT pid FROM nightshift.live_process WHERE host = $1", .text(host))
        return try decoded { () throws(PostgresError) in try rows.map { row throws(PostgresError) in try row.int("pid") } }
    }

    /// How many workers of the team are alive.
    package func workerCount() async throws(StoreError) -> Int {
        let row = try await one("SELECT count(*) AS workers FROM nightshift.live_session WHERE NOT draining")
        return try decoded { () throws(PostgresError) in try row.int("workers") }
    }
}
