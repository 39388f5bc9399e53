internal import Optimizers
internal import Store

/// Stores what a search believes, as often as readers can use it.
struct BeliefWriter {
    private let store: Store
    private let term: Term
    private let clock = ContinuousClock()
    private var nextWrite: ContinuousClock.Instant
    private var last: [TrialBelief] = []

    init(store: Store, term: Term) {
        self.store = store
        self.term = term
        nextWrite = clock.now
    }

    /// Writes once a second at most. What takes long to work out, as after thousands of examples, takes a twentieth of the time.
    mutating func write(of driver: PlanDriver, isLast: Bool = false) async throws(StoreError) {
        let start = clock.now
        guard isLast || start >= nextWrite else { return }
        let beliefs = driver.beliefs.filter { $0.mean.isFinite && $0.deviation.isFinite }
        if !beliefs.isEmpty, beliefs != last {
            let drafts = beliefs.map { BeliefDraft(trial: $0.trial, mean: $0.mean, deviation: max($0.deviation, 0)) }
            try await store.believe(term, drafts, decision: driver.issued)
            last = beliefs
        }
        nextWrite = clock.now + max(.seconds(1), (clock.now - start) * 20)
    }
}
