internal import Optimizers
internal import Programs
internal import Store
internal import Studies

/// What a study has used of its budget, and whether what is still to be done has room beside that. A value without I/O.
struct BudgetOutlook {
    var budget: Budget?
    var spending = Spending()
    /// What is booked, by role.
    var ledger: [RoleSpending] = []
    /// What results of decisions that are not told yet have used.
    var pending: [String: RoleUsage] = [:]

    /// One limit on calls: what it counts, and whose.
    struct Limit {
        var name: String
        var reason: FinishReason
        var cap: Double
        /// nil: of all roles.
        var role: String?
        var value: (RoleUsage) -> Double
    }

    var limits: [Limit] {
        guard let budget else { return [] }
        let prices = budget.prices
        func list(_ limits: Budget.Limits, _ role: Role?) -> [Limit] {
            let path = "budget." + (role.map { "roles.\($0.rawValue)." } ?? "")
            return [
                limits.lmCalls.map {
                    Limit(name: path + "lm_calls", reason: .budgetCalls, cap: Double($0), role: role?.rawValue) {
                        Double($0.calls)
                    }
                },
                limits.tokens.map {
                    Limit(name: path + "tokens", reason: .budgetTokens, cap: Double($0), role: role?.rawValue) {
                        Double($0.tokens)
                    }
                },
                limits.usd.map {
                    Limit(name: path + "usd", reason: .budgetUSD, cap: $0, role: role?.rawValue) { prices.cost($0) ?? 0 }
                },
            ].compactMap(\.self)
        }
        return list(budget.all, nil) + Role.allCases.flatMap { role in budget.roles[role].map { list($0, role) } ?? [] }
    }

    /// What is booked of a limit.
    func used(_ limit: Limit) -> Double {
        ledger.filter { limit.role == nil || $0.role == limit.role }.reduce(0) { $0 + limit.value($1.counted) }
    }

    /// The first limit that would be passed if the next decision were made and `runs` runs followed; nil where none would.
    func passed(by next: Decision?, runs: Int) -> Limit? {
        let asked = next?.ownRole?.rawValue
        return limits.first { expected($0, further: runs, asked: asked) > $0.cap }
    }

    /// What will have been used when so many more runs are made: what is booked, but for that of the runs which are counted as
    /// still to be made; and room for the worst case of one more call, without which none is let pass.
    /// - Parameter asked: the role that the next decision asks beside its runs.
    private func expected(_ limit: Limit, further runs: Int, asked: String?) -> Double {
        var sum = 0.0
        var most = 0.0
        // A worker of an older release books nothing: what its results took counts all the same.
        let roles = Set(ledger.map(\.role)).union(spending.spent.keys).sorted()
        for role in roles where limit.role == nil || role == limit.role {
            let account = ledger.first { $0.role == role }
            // The ledger has calls that no result tells of; a result may be there a moment before its calls are booked.
            let (told, open) = (spending.spent[role].map(limit.value) ?? 0, pending[role].map(limit.value) ?? 0)
            sum += max(told, account.map { limit.value($0.counted) - open } ?? 0)
            let perRun = spending.perRun(role, limit.value)
            sum += Double(runs) * perRun
            guard limit.reason != .budgetCalls, let account else { continue }
            // Of what a role alone may ask beside the runs, the ledger knows better what fits than the largest call so far.
            if isCalled(role, runs) || (limit.role == nil && role == asked) {
                most = max(most, limit.value(account.largest) - perRun)
            }
        }
        // Nothing is known: a call is the least that a run makes.
        if spending.knownRuns == 0, limit.reason == .budgetCalls, limit.role == nil { sum += Double(runs) }
        return sum + max(0, most)
    }

    /// Whether runs that are still to be made call a role: who has no further call needs no room for one. No result tells of the
    /// calls of a metric's own program behind the gateway; they are called for again all the same.
    private func isCalled(_ role: String, _ runs: Int) -> Bool {
        let isOfRuns = ![Role.prompt, .teacher, .embedding].map(\.rawValue).contains(role)
        return runs > 0 && (isOfRuns || spending.perRun(role) { Double($0.calls) } > 0)
    }
}

extension Decision {
    /// The role that its work asks and that runs of the program, confirmation and test do not; nil where there is none.
    fileprivate var ownRole: Role? {
        switch work {
        case .propose: .prompt
        case .bootstrap: .teacher
        case .evaluate, .trace, .finetune, .stop: nil
        }
    }
}

extension [Role: Budget.Price] {
    /// In USD; nil where tokens have no price.
    func cost(_ usage: RoleUsage) -> Double? {
        guard usage.tokens > 0 else { return 0 }
        return Role(rawValue: usage.role).flatMap { self[$0] }.map {
            (Double(usage.promptTokens) * $0.prompt + Double(usage.completionTokens) * $0.completion) / 1_000_000
        }
    }
}
