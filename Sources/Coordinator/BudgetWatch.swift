internal import JSON
internal import Optimizers
internal import Programs
internal import Store
internal import Studies

/// Keeps a study within its budget: looks a few times a second at most what was used and what may be, each time whether a unit
/// was refused, and says when to stop.
///
/// What was used comes from the ledger, where every call is booked; what a run takes, from the results of the runs.
struct BudgetWatch {
    private let store: Store
    private let number: Int
    private let clock = ContinuousClock()
    private var spending = Spending()
    private var budget: Budget?
    private var ledger: [RoleSpending] = []
    /// What results of decisions that are not told yet have used.
    private var pending: [String: RoleUsage] = [:]
    private var exhausted: (limit: String, reason: String)?
    private var elapsed = Duration.zero
    private var lookedAt: ContinuousClock.Instant?
    private let began: ContinuousClock.Instant
    /// Runs that were told since this process leads, for the time that a run takes.
    private var liveRuns = 0

    /// A search of fast calls must not end between two looks, and leave nothing for the test.
    private static let interval = Duration.milliseconds(250)
    /// Examples whose usage is asked for at once.
    private static let chunk = 20_000

    init(_ study: Study, number: Int, store: Store) {
        self.number = number
        self.store = store
        budget = study.budget
        began = clock.now
    }

    var hasBudget: Bool { budget != nil }

    /// Whether calls are limited and nothing is known of what a run takes: what would be left for the test can't be foreseen.
    var isBlind: Bool {
        guard let budget, spending.knownRuns == 0 else { return false }
        return budget.all != Budget.Limits() || !budget.roles.isEmpty
    }

    /// Learns what a run takes from a decision whose runs have ended, before it is told.
    mutating func foresee(from decision: Decision) async throws(StoreError) {
        guard let piece = decision.spentPiece else { return }
        spending.foresee(piece, try await store.usage(study: number, of: [piece.work]).joined())
    }

    mutating func note(_ step: PlanDriver.Step) {
        if case .issue(_, let decision) = step { spending.note(decision) }
    }

    mutating func tell(_ decision: Decision, isLive: Bool) {
        let before = spending.waiting.count
        spending.tell(decision)
        if isLive, spending.waiting.count > before { liveRuns += spending.waiting[before].runs }
    }

    /// Reads the budget, which may have changed, and what was used since the last look.
    /// - Parameter open: decisions that were made and not told.
    mutating func look(open: [Decision]) async throws(StoreError) {
        if let lookedAt, clock.now - lookedAt < Self.interval {
            // Units that were refused are complete at once: the plan must not go on from them as if nothing were wrong.
            if budget != nil { exhausted = try await store.exhaustedBudget(of: number) }
            return
        }
        let allowance = try await store.allowance(of: number)
        lookedAt = clock.now
        elapsed = .seconds(allowance.elapsedSeconds)
        budget = Budget(json: allowance.budget)
        guard budget != nil else { return }
        while !spending.waiting.isEmpty {
            let pieces = spending.next(examples: Self.chunk)
            spending.add(try await store.usage(study: number, of: pieces.map(\.work)))
        }
        let works = open.compactMap(\.spentPiece).map(\.work)
        let used = try await store.usage(study: number, of: works)
        pending = [:]
        for usage in used.joined() { pending[usage.role, default: RoleUsage(role: usage.role)] += usage }
        ledger = try await store.spending(of: number)
        exhausted = try await store.exhaustedBudget(of: number)
    }

    /// The budget that would be passed if `runs` more runs were made, and its name; nil where all is well.
    func reason(runsToEnd runs: Int) -> (reason: FinishReason, limit: String)? {
        guard let budget else { return nil }
        if let refusal { return refusal }
        // What was told since the last look is still to be counted: then it was among the open.
        let runs = runs + spending.waiting.reduce(0) { $0 + $1.runs }
        for limit in limits(budget) where expected(limit, further: runs) > limit.cap { return (limit.reason, limit.name) }
        if let wall = budget.wall, expectedTime(runs) > wall { return (.budgetWall, "budget.wall") }
        return nil
    }

    /// The budget that has refused a unit, and its name.
    var refusal: (reason: FinishReason, limit: String)? {
        exhausted.flatMap { exhausted in FinishReason(rawValue: exhausted.reason).map { ($0, exhausted.limit) } }
    }

    /// One limit on calls: what it counts, and whose.
    private struct Limit {
        var name: String
        var reason: FinishReason
        var cap: Double
        /// nil: of all roles.
        var role: String?
        var value: (RoleUsage) -> Double
    }

    private func limits(_ budget: Budget) -> [Limit] {
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

    /// What will have been used when so many more runs are made: what is booked, but for that of the runs which are counted as
    /// still to be made; and room for the worst case of one more call, without which none is let pass.
    private func expected(_ limit: Limit, further runs: Int) -> Double {
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
            if limit.reason != .budgetCalls, let account { most = max(most, limit.value(account.largest) - perRun) }
        }
        // Nothing is known: a call is the least that a run makes.
        if spending.knownRuns == 0, limit.reason == .budgetCalls, limit.role == nil { sum += Double(runs) }
        return sum + max(0, most)
    }

    private func expectedTime(_ runs: Int) -> Duration {
        let now = clock.now
        let passed = lookedAt.map { elapsed + (now - $0) } ?? .zero
        return liveRuns == 0 ? passed : passed + (now - began) / liveRuns * runs
    }

    // MARK: What people are told

    /// That a part of a limit is used up.
    struct Warning: Hashable {
        var limit: String
        /// 50 or 80.
        var percent: Int
        var used: Double
        var cap: Double

        /// All parts that are used up, in their order: between two looks a study may pass both.
        static func passed(_ limit: String, used: Double, of cap: Double) -> [Warning] {
            [50, 80].filter { used * 100 >= cap * Double($0) }.map { Warning(limit: limit, percent: $0, used: used, cap: cap) }
        }
    }

    /// The parts of every limit that are used up.
    var warnings: [Warning] {
        guard let budget else { return [] }
        var parts = limits(budget).map { limit in
            let accounts = ledger.filter { limit.role == nil || $0.role == limit.role }
            return (limit.name, accounts.reduce(0) { $0 + limit.value($1.counted) }, limit.cap)
        }
        if let wall = budget.wall { parts.append(("budget.wall", elapsed / .seconds(1), wall / .seconds(1))) }
        return parts.flatMap { name, used, cap in Warning.passed(name, used: used, of: cap) }
    }

    /// Why the budget can't be kept; nil where it can.
    var problem: String? {
        guard let budget else { return nil }
        func names(_ roles: [String]) -> String { roles.map { "lm.\($0)" }.joined(separator: " and ") }
        /// Whether a limit counts a role's calls: that of all roles, or its own.
        func limits(_ spending: RoleSpending, _ limit: KeyPath<Budget.Limits, Double?>) -> Bool {
            let own = Role(rawValue: spending.role).flatMap { budget.roles[$0] }
            return budget.all[keyPath: limit] != nil || own?[keyPath: limit] != nil
        }
        let uncounted = ledger.filter { role in
            role.uncounted * 2 > role.calls && (limits(role, \.usd) || limits(role, \.tokenLimit))
        }.map(\.role)
        guard uncounted.isEmpty else {
            return
                """
                the server of \(names(uncounted)) counts no tokens, so that budget.tokens and budget.usd cannot be kept: \
                remove them, budget.lm_calls can
                """
        }
        let unpriced = ledger.filter { role in
            limits(role, \.usd) && role.confirmed.tokens > 0 && budget.prices.cost(role.confirmed) == nil
        }.map(\.role)
        guard unpriced.isEmpty else {
            return
                """
                no price is known for the model of \(names(unpriced)), so that budget.usd cannot be kept: \
                add it to the file of prices (NIGHTSHIFT_PRICES, else ~/.config/nightshift/prices.json) \
                and set the budget again with nightshift budget, or remove budget.usd
                """
        }
        return nil
    }

    /// The next look is not put off.
    mutating func expire() { lookedAt = nil }
}

extension Budget.Limits {
    fileprivate var tokenLimit: Double? { tokens.map(Double.init) }
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
