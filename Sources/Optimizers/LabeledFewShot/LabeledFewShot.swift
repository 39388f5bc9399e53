internal import JSON

/// DSPy's LabeledFewShot: training rows as demos, as they are. One candidate, which the frame compares with the uncompiled
/// program.
struct LabeledFewShot: SearchStrategy {
    let rows: [Int]
    let baselineParams: JSONObject = ["demos": -3]
    private var evaluations: FullEvaluations

    init(facts: StudyFacts, settings: LabeledFewShotSettings) {
        rows = Array(0..<facts.valCount)
        let entrant = Entrant(
            state: facts.labelledState(count: settings.k, isSampled: settings.sample), params: ["demos": -2],
            provenance: settings.sample ? "labelled demos" : "labelled demos, the first \(settings.k)")
        evaluations = FullEvaluations([entrant], rows: rows, target: facts.settings.targetScore, width: facts.settings.width)
    }

    mutating func next(_ record: inout PlanRecord) -> StrategyStep { evaluations.next(&record) }

    var width: Int? { evaluations.width }
}
