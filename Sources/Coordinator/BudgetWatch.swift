internal import JSON
internal import Optimizers
internal import Store
internal import Studies

/// Keeps a study within its budget: looks once a second at most what was used and what may be, and says when to stop.
struct BudgetWatch {
    private let store: Store
    private let number: Int
    private let study: Study
    private let cost: @Sendable (Study, RoleUsage) -> Double?
    private let clock = ContinuousClock()
    private var spending = Spending()
    private var budget: Budget?
    private var elapsed = Duration.zero
    private var lookedAt: ContinuousClock.Instant?
    private let began: ContinuousClock.Instant
    /// Runs that were told since this process leads, for the time that a run takes.
    private var liveRuns = 0

    private static let interval = Duration.seconds(1)
    /// Examples whose usage is asked for at once.
    private static let chunk = 20_000

    init(_ study: Study, number: Int, store: Store, cost: @escaping @Sendable (Study, RoleUsage) -> Double?) {
        self.study = study
        self.number = number
        self.store = store
        self.cost = cost
        budget = study.budget
        began = clock.now
    }

    var hasBudget: Bool { budget != nil }

    mutating func tell(_ decision: Decision, isLive: Bool) {
        let before = spending.waiting.count
        spending.tell(decision)
        if isLive, spending.waiting.count > before { liveRuns += spending.waiting[before].runs }
    }

    /// Reads the budget, which may have changed, and what was used since the last look.
    mutating func look() async throws(StoreError) {
        if let lookedAt, clock.now - lookedAt < Self.interval { return }
        let allowance = try await store.allowance(of: number)
        lookedAt = clock.now
        elapsed = .seconds(allowance.elapsedSeconds)
        budget = Budget(json: allowance.budget)
        guard budget != nil else { return }
        while !spending.waiting.isEmpty {
            let pieces = spending.next(examples: Self.chunk)
            let usage = try await store.usage(study: number, of: pieces.map(\.work))
            let (study, cost) = (study, cost)
            spending.add(usage) { cost(study, $0) }
        }
    }

    /// The budget that would be passed if `runs` more runs were made; nil where all is well.
    func reason(runsToEnd runs: Int) -> FinishReason? {
        guard let budget else { return nil }
        if let limit = budget.lmCalls, spending.expected(\.calls, further: runs) > Double(limit) { return .budgetCalls }
        if let limit = budget.tokens, spending.expected(\.tokens, further: runs) > Double(limit) { return .budgetTokens }
        if let limit = budget.usd, spending.expected(\.usd, further: runs) > limit { return .budgetUSD }
        if let limit = budget.wall, expectedTime(runs) > limit { return .budgetWall }
        return nil
    }

    private func expectedTime(_ runs: Int) -> Duration {
        let now = clock.now
        let passed = lookedAt.map { elapsed + (now - $0) } ?? .zero
        return liveRuns == 0 ? passed : passed + (now - began) / liveRuns * runs
    }

    /// Why the budget can't be kept; nil where it can.
    var problem: String? {
        func roles(_ names: Set<String>) -> String {
            names.sorted().map { "lm.\($0)" }.joined(separator: " and ")
        }
        if budget?.tokens != nil || budget?.usd != nil, !spending.uncountedRoles.isEmpty {
            return
                "the server of \(roles(spending.uncountedRoles)) counts no tokens, so that budget.tokens and budget.usd cannot be kept: remove them, budget.lm_calls can"
        }
        if budget?.usd != nil, !spending.unpricedRoles.isEmpty {
            return
                "no price is known for the model of \(roles(spending.unpricedRoles)), so that budget.usd cannot be kept: add it to the file of prices (NIGHTSHIFT_PRICES, else ~/.config/nightshift/prices.json) of the process that plans, or remove budget.usd"
        }
        return nil
    }

    /// The next look is not put off.
    mutating func expire() { lookedAt = nil }
}
