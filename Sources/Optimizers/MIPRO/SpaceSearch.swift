/// A search over the combinations of a space, between the baseline and the confirmation.
protocol SpaceSearch: Sendable {
    /// What to do next. Decisions are made by the record.
    mutating func next(_ record: inout PlanRecord) -> StrategyStep

    /// How many more trials may yet be evaluated in full; nil while that is not settled.
    func fullEvaluationsToCome(_ record: PlanRecord) -> Int?

    /// What the search believes of its trials; empty where it has no model.
    func beliefs(_ record: PlanRecord) -> [TrialBelief]

    /// How many examples may be decided ahead of their results.
    var width: Int { get }

    /// While the last results are awaited: what the confirmation will need, most likely; nil where nothing is sure enough.
    mutating func confirmAhead(_ record: inout PlanRecord) -> Decision?
}

extension SpaceSearch {
    func beliefs(_ record: PlanRecord) -> [TrialBelief] { [] }

    mutating func confirmAhead(_ record: inout PlanRecord) -> Decision? { nil }

    /// The trial with the highest posterior mean, the baseline aside; of equals the simpler program, then the earlier trial.
    func bestByBelief(
        _ record: PlanRecord, rows: [Int], where isEligible: (TrialBelief) -> Bool = { _ in true }
    ) -> Int? {
        beliefs(record).filter { belief in
            belief.trial != 0 && record.trials[belief.trial].coverageSoFar(of: .val, in: rows) >= record.facts.minCoverage
                && isEligible(belief)
        }.min { left, right in
            if left.mean != right.mean { return left.mean > right.mean }
            return (record.length(of: left.trial), left.trial) < (record.length(of: right.trial), right.trial)
        }?.trial
    }
}

extension MIPROSearch: GrowingSearch {
    var width: Int { schedule.window.width }
    var planned: Int { schedule.window.planned }
}
