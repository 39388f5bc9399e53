internal import JSON

/// What a process says of its calls for one role of one study: totals, and what it wants. Amounts are requests, prompt tokens and
/// completion tokens.
package struct SpendingDraw: Sendable, Hashable {
    /// The study's public id.
    package var study: String
    package var role: String
    package var spent: [Int]
    /// Answers whose tokens were not counted.
    package var uncounted: Int
    /// Of calls that were sent and whose answer nobody has, at worst.
    package var unconfirmed: [Int]
    /// Of calls that are under way, at worst.
    package var held: [Int]
    /// Of what was granted before, still to be used.
    package var kept: [Int]
    package var wanted: [Int]
    /// What the first call that waits needs.
    package var least: [Int]
    /// The worst case of the largest call so far.
    package var largest: [Int]

    package init(
        study: String, role: String, spent: [Int] = [0, 0, 0], uncounted: Int = 0, unconfirmed: [Int] = [0, 0, 0],
        held: [Int] = [0, 0, 0], kept: [Int] = [0, 0, 0], wanted: [Int] = [0, 0, 0], least: [Int] = [0, 0, 0],
        largest: [Int] = [0, 0, 0]
    ) {
        self.study = study
        self.role = role
        self.spent = spent
        self.uncounted = uncounted
        self.unconfirmed = unconfirmed
        self.held = held
        self.kept = kept
        self.wanted = wanted
        self.least = least
        self.largest = largest
    }

    var json: JSON {
        func list(_ amount: [Int]) -> JSON { .array(amount.map(JSON.int)) }
        return [
            "study": .string(study), "role": .string(role), "spent": list(spent), "uncounted": .int(uncounted),
            "unconfirmed": list(unconfirmed), "held": list(held), "kept": list(kept), "wanted": list(wanted),
            "least": list(least),
            "largest": list(largest),
        ]
    }
}

/// What a process may reserve further.
package struct SpendingAllowance: Sendable, Hashable {
    package var study: String
    package var role: String
    package var amount: [Int]
    /// The limit that leaves no room for a call.
    package var refusal: String?
}

/// That a part of a study's limit is used up.
package struct BudgetWarning: Sendable, Hashable {
    /// As `budget.usd`.
    package var limit: String
    package var percent: Int

    package init(limit: String, percent: Int) {
        self.limit = limit
        self.percent = percent
    }
}

/// What a study has used of one LM role, as the ledger has it.
package struct RoleSpending: Sendable, Hashable {
    package var role: String
    package var calls: Int
    package var promptTokens: Int
    package var completionTokens: Int
    /// Answers whose tokens were not counted.
    package var uncounted: Int
    /// Sent, and perhaps billed: of processes that died, and of calls without an answer. At the worst case, as all that follows.
    package var unconfirmed: RoleUsage
    /// Under way, or granted for the next moment.
    package var reserved: RoleUsage
    /// The largest request so far.
    package var largest: RoleUsage

    /// As if all that is unconfirmed was billed.
    package var counted: RoleUsage {
        RoleUsage(
            role: role, calls: calls + unconfirmed.calls, promptTokens: promptTokens + unconfirmed.promptTokens,
            completionTokens: completionTokens + unconfirmed.completionTokens)
    }

    package var confirmed: RoleUsage {
        RoleUsage(role: role, calls: calls, promptTokens: promptTokens, completionTokens: completionTokens)
    }
}
