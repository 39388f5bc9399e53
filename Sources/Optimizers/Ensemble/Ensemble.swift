internal import JSON
internal import Programs

/// DSPy's Ensemble: the best candidates of another search answer together. It is one more candidate: the frame compares it with
/// the best of them, and with the uncompiled program.
struct Ensemble: SearchStrategy {
    private let facts: StudyFacts
    private let settings: EnsembleSettings
    private var search: any SearchStrategy
    /// Why the search of the members has ended; nil while it goes on.
    private var reason: FinishReason?
    /// The trial in which all answer together.
    private var together: Int?

    init(facts: StudyFacts, settings: EnsembleSettings, search: any SearchStrategy) {
        self.facts = facts
        self.settings = settings
        self.search = search
    }

    var rows: [Int] { search.rows }
    var baselineParams: JSONObject { search.baselineParams }
    var width: Int? { search.width }

    mutating func next(_ record: inout PlanRecord) -> StrategyStep {
        guard let reason else {
            let step = search.next(&record)
            guard case .done(let reason) = step else { return step }
            self.reason = reason
            return next(&record)
        }
        // The uncompiled program may be one of the best.
        if record.oldestPending(of: [.baseline]) == 0 { return .await(0) }
        if together == nil, !isTargetReached(record), let joined = join(&record) { return .issue(joined) }
        return record.oldestPending(of: [.search]).map { .await($0) } ?? .done(reason)
    }

    mutating func tell(_ outcome: Outcome, of decision: Int) { search.tell(outcome, of: decision) }

    /// The best of the single ones first: where both are equal it wins, being the simpler.
    func contenders(_ record: PlanRecord) -> [Int] {
        guard let together else { return search.contenders(record) }
        return search.contenders(record).filter { $0 != together }.prefix(1) + [together]
    }

    func beliefs(_ record: PlanRecord) -> [TrialBelief] { search.beliefs(record) }

    var mayChooseAnyTrial: Bool { search.mayChooseAnyTrial }

    /// nil where there are too few candidates.
    private mutating func join(_ record: inout PlanRecord) -> Decision? {
        let members = Array(best(record).prefix(settings.size))
        guard members.count > 1 else { return nil }
        var states = members.map { record.trials[$0].candidate.state }
        var state = states.removeFirst()
        state.ensemble = EnsembleState(partners: states, field: settings.field)
        let names = members.map(String.init)
        let number = record.trial(
            of: state, params: ["programs": .array(members.map { .int($0) })],
            provenance: "ensemble of trials \(names.dropLast().joined(separator: ", ")) and \(names.last ?? "")")
        together = number
        return record.search(number, block: rows)
    }

    /// The best first, of equals the earlier: by what the search believes, or all that have been evaluated on every row of it.
    private func best(_ record: PlanRecord) -> [Int] {
        let beliefs = search.mayChooseAnyTrial ? search.beliefs(record) : []
        guard beliefs.isEmpty else { return beliefs.sorted { ($1.mean, $0.trial) < ($0.mean, $1.trial) }.map(\.trial) }
        return record.trials.compactMap { trial -> (number: Int, mean: Double)? in
            guard trial.isTold(of: .val, in: rows), let mean = trial.mean(of: .val, in: rows),
                trial.coverageSoFar(of: .val, in: rows) >= facts.minCoverage
            else { return nil }
            return (trial.number, mean)
        }.sorted { ($1.mean, $0.number) < ($0.mean, $1.number) }.map(\.number)
    }

    private func isTargetReached(_ record: PlanRecord) -> Bool {
        facts.settings.targetScore.map { record.hasReached($0, rows: rows) } ?? false
    }
}
