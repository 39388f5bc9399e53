/// A search over the combinations of a space, between the baseline and the confirmation.
protocol SpaceSearch: Sendable {
    /// What to do next. Decisions are made by the record.
    mutating func next(_ record: inout PlanRecord) -> StrategyStep

    /// How many more trials may yet be evaluated in full; nil while that is not settled.
    func fullEvaluationsToCome(_ record: PlanRecord) -> Int?

    /// What the search believes of its trials; empty where it has no model.
    func beliefs(_ record: PlanRecord) -> [TrialBelief]

    /// How many examples may be under way at once.
    var width: Int { get }
}

extension SpaceSearch {
    func beliefs(_ record: PlanRecord) -> [TrialBelief] { [] }
}

extension MIPROSearch: GrowingSearch {
    var width: Int { schedule.window.width }
    var planned: Int { schedule.window.planned }
}
