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
    private var outlook = BudgetOutlook()
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
        outlook.budget = study.budget
        began = clock.now
    }

    private var budget: Budget? { outlook.budget }

    var hasBudget: Bool { budget != nil }

    /// Whether calls are limited and nothing is known of what a run takes: what would be left for the test can't be foreseen.
    var isBlind: Bool {
        guard let budget, outlook.spending.knownRuns == 0 else { return false }
        return budget.all != Budget.Limits() || !budget.roles.isEmpty
    }

    /// Learns what a run takes from a decision whose runs have ended, before it is told.
    mutating func foresee(from decision: Decision) async throws(StoreError) {
        guard let piece = decision.spentPiece else { return }
        outlook.spending.foresee(piece, try await store.usage(study: number, of: [piece.work]).joined())
    }

    mutating func note(_ step: PlanDriver.Step) {
        if case .issue(_, let decision) = step { outlook.spending.note(decision) }
    }

    mutating func tell(_ decision: Decision, isLive: Bool) {
        let before = outlook.spending.waiting.count
        outlook.spending.tell(decision)
        let waiting = outlook.spending.waiting
        if isLive, waiting.count > before { liveRuns += waiting[before].runs }
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
        outlook.budget = Budget(json: allowance.budget)
        guard budget != nil else { return }
        while !outlook.spending.waiting.isEmpty {
            let pieces = outlook.spending.next(examples: Self.chunk)
            outlook.spending.add(try await store.usage(study: number, of: pieces.map(\.work)))
        }
        let works = open.compactMap(\.spentPiece).map(\.work)
        let used = try await store.usage(study: number, of: works)
        outlook.pending = [:]
        for usage in used.joined() { outlook.pending[usage.role, default: RoleUsage(role: usage.role)] += usage }
        outlook.ledger = try await store.spending(of: number)
        exhausted = try await store.exhaustedBudget(of: number)
    }

    /// The budget that would be passed if the next decision were made and `runs` runs followed, and its name; nil where all is well.
    func reason(_ next: Decision, runsToEnd runs: Int) -> (reason: FinishReason, limit: String)? {
        guard let budget else { return nil }
        if let refusal { return refusal }
        // What was told since the last look is still to be counted: then it was among the open.
        let runs = runs + outlook.spending.waiting.reduce(0) { $0 + $1.runs }
        if let limit = outlook.passed(by: next, runs: runs) { return (limit.reason, limit.name) }
        if let wall = budget.wall, expectedTime(runs) > wall { return (.budgetWall, "budget.wall") }
        return nil
    }

    /// The budget that has refused a unit, and its name.
    var refusal: (reason: FinishReason, limit: String)? {
        exhausted.flatMap { exhausted in FinishReason(rawValue: exhausted.reason).map { ($0, exhausted.limit) } }
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
        var parts = outlook.limits.map { ($0.name, outlook.used($0), $0.cap) }
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
        let uncounted = outlook.ledger.filter { role in
            role.uncounted * 2 > role.calls && (limits(role, \.usd) || limits(role, \.tokenLimit))
        }.map(\.role)
        guard uncounted.isEmpty else {
            return
                """
                the server of \(names(uncounted)) counts no tokens, so that budget.tokens and budget.usd cannot be kept: \
                remove them, budget.lm_calls can
                """
        }
        let unpriced = outlook.ledger.filter { role in
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
