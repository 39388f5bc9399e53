package import Foundation
package import JSON
internal import Postgres

/// What calls cost, booked by the call.
extension Store {
    /// Tells the ledger what a process has spent and holds; answers what more it may reserve, for every draw of a study of the team.
    /// - Parameters:
    ///   - word: 1 first, rising.
    ///   - ttl: when the process is taken for dead unless it is heard again.
    /// - Throws: `sessionLost` where it was taken for dead: it goes on under another holder.
    package func drawBudget(
        holder: UUID, word: Int, _ draws: [SpendingDraw], ttl: Duration
    ) async throws(StoreError) -> [SpendingAllowance] {
        let process = ProcessIdentity.current
        let rows = try await call(
            "SELECT * FROM nightshift.draw_budget($1, $2, $3, $4, $5, $6)", .uuid(holder), .int(word), .text(process.host),
            .int(process.pid), .seconds(ttl), .json(.array(draws.map(\.json))))
        return try decoded { () throws(PostgresError) in
            try rows.map { row throws(PostgresError) in
                SpendingAllowance(
                    study: try row.text("study"), role: try row.text("role"),
                    amount: [try row.int("calls"), try row.int("prompt_tokens"), try row.int("completion_tokens")],
                    refusal: try row.optionalText("denied"))
            }
        }
    }

    /// The last word of a process.
    package func leaveBudget(holder: UUID, word: Int, _ draws: [SpendingDraw]) async throws(StoreError) {
        let process = ProcessIdentity.current
        _ = try await call(
            "SELECT nightshift.leave_budget($1, $2, $3, $4, $5)", .uuid(holder), .int(word), .text(process.host),
            .int(process.pid),
            .json(.array(draws.map(\.json))))
    }

    /// What a study has spent, by role.
    package func spending(of study: Int) async throws(StoreError) -> [RoleSpending] {
        let rows = try await call("SELECT * FROM nightshift.spend_overview WHERE study_id = $1 ORDER BY role", .int(study))
        return try decoded { () throws(PostgresError) in
            try rows.map { row throws(PostgresError) in
                let role = try row.text("role")
                func usage(_ prefix: String) throws(PostgresError) -> RoleUsage {
                    RoleUsage(
                        role: role, calls: try row.int(prefix + "calls"), promptTokens: try row.int(prefix + "prompt_tokens"),
                        completionTokens: try row.int(prefix + "completion_tokens"))
                }
                return RoleSpending(
                    role: role, calls: try row.int("calls"), promptTokens: try row.int("prompt_tokens"),
                    completionTokens: try row.int("completion_tokens"), uncounted: try row.int("uncounted"),
                    unconfirmed: try usage("unconfirmed_"), reserved: try usage("reserved_"),
                    largest: RoleUsage(
                        role: role, calls: 1, promptTokens: try row.int("largest_prompt_tokens"),
                        completionTokens: try row.int("largest_completion_tokens")))
            }
        }
    }

    /// The limit that has refused a call of a study, with its finish reason; nil while there is room.
    package func exhaustedBudget(of study: Int) async throws(StoreError) -> (limit: String, reason: String)? {
        let rows = try await call("SELECT exhausted, reason FROM nightshift.my_ledger WHERE study_id = $1", .int(study))
        guard let row = rows.first else { return nil }
        let (limit, reason) = try decoded { () throws(PostgresError) in
            (try row.optionalText("exhausted"), try row.optionalText("reason"))
        }
        guard let limit, let reason else { return nil }
        return (limit, reason)
    }

    /// Records that a part of a limit is used up.
    /// - Returns: false where that was recorded before.
    package func warnOfBudget(_ term: Term, _ data: JSON) async throws(StoreError) -> Bool {
        let row = try await one(
            "SELECT nightshift.warn_budget($1, $2, $3, $4) AS is_new", .int(term.study), .uuid(term.holder), .int(term.number),
            .json(data))
        return try decoded { () throws(PostgresError) in try row.bool("is_new") }
    }

    /// What was recorded so, in order.
    package func budgetWarnings(of study: Int) async throws(StoreError) -> [BudgetWarning] {
        let rows = try await call(
            """
            SELECT data ->> 'limit' AS name, (data ->> 'percent')::int AS percent FROM nightshift.my_event
             WHERE study_id = $1 AND kind = 'budget.warning' ORDER BY event_id
            """, .int(study))
        return try decoded { () throws(PostgresError) in
            try rows.map { row throws(PostgresError) in
                BudgetWarning(limit: try row.text("name"), percent: try row.int("percent"))
            }
        }
    }

    /// Takes back the stop of a study that its budget has ended; the search goes on where it was stopped.
    /// - Returns: false where there is nothing to take back.
    package func reopen(study: Int, spec: JSON) async throws(StoreError) -> Bool {
        let row = try await one("SELECT nightshift.reopen($1, $2) AS is_open", .int(study), .json(spec))
        return try decoded { () throws(PostgresError) in try row.bool("is_open") }
    }
}
