internal import JSON
internal import Programs

/// Compares the team's earlier candidates beside a search that knows nothing of them: each on all rows, as the first trials.
struct WarmStart: SearchStrategy {
    private var search: any SearchStrategy
    private var evaluations: FullEvaluations
    private let earlier: Set<String>

    init(_ search: any SearchStrategy, _ facts: StudyFacts) {
        self.search = search
        let entrants = facts.earlierEntrants
        earlier = Set(entrants.map { Candidate($0.state).id })
        // A target that one of them reaches is the search's to notice.
        evaluations = FullEvaluations(entrants, rows: search.rows, target: nil, width: facts.settings.width)
    }

    var rows: [Int] { search.rows }
    var baselineParams: JSONObject { search.baselineParams }
    var width: Int? { evaluations.isOver ? search.width : evaluations.width }
    var notes: [String] { search.notes }

    mutating func next(_ record: inout PlanRecord) -> StrategyStep {
        if !evaluations.isOver {
            let step = evaluations.next(&record)
            if case .done = step {} else { return step }
        }
        let step = search.next(&record)
        guard case .done = step, let pending = record.oldestPending(of: [.search]) else { return step }
        return .await(pending)
    }

    mutating func tell(_ outcome: Outcome, of decision: Int) { search.tell(outcome, of: decision) }

    /// Those of the search, and the best earlier one that is known on all rows.
    func contenders(_ record: PlanRecord) -> [Int] {
        let own = search.contenders(record)
        let best = record.trials.dropFirst().filter { trial in
            earlier.contains(trial.candidate.id) && !own.contains(trial.number) && trial.isTold(of: .val, in: rows)
                && trial.coverageSoFar(of: .val, in: rows) >= record.facts.minCoverage
        }.max { ($0.mean(of: .val, in: rows) ?? 0, $1.number) < ($1.mean(of: .val, in: rows) ?? 0, $0.number) }
        return own + (best.map { [$0.number] } ?? [])
    }

    func beliefs(_ record: PlanRecord) -> [TrialBelief] { search.beliefs(record) }

    /// What the search comes to goes before an earlier candidate that has all its rows.
    var mayChooseAnyTrial: Bool { true }
}
