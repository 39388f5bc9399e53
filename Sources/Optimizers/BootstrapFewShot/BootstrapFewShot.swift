internal import JSON
internal import Programs

/// DSPy's BootstrapFewShot: the traces of the first training rows on which the teacher succeeds, then rows that were not
/// traced. One candidate, which the frame compares with the uncompiled program.
struct BootstrapFewShot: SearchStrategy {
    let rows: [Int]
    let baselineParams: JSONObject = ["demos": -3]
    private let facts: StudyFacts
    private var demoSets: DemoSets
    private var evaluations: FullEvaluations?

    private static let number = -1

    init(facts: StudyFacts, settings: BootstrapFewShotSettings) {
        self.facts = facts
        rows = Array(0..<facts.valCount)
        demoSets = DemoSets(
            facts: facts, numbers: [Self.number], limits: settings.demos.limits, maxRounds: settings.demos.maxRounds,
            threshold: settings.demos.metricThreshold, teacher: settings.demos.teacher)
    }

    mutating func next(_ record: inout PlanRecord) -> StrategyStep {
        if evaluations == nil {
            if let decision = demoSets.nextDecision(&record) { return .issue(decision) }
            if let pending = record.oldestPending(of: [.bootstrap]) { return .await(pending) }
            evaluations = FullEvaluations(
                demoSets.entrants(), rows: rows, target: facts.settings.targetScore, width: facts.settings.width)
        }
        return evaluations?.next(&record) ?? .done(.trials)
    }

    mutating func tell(_ outcome: Outcome, of decision: Int) {
        if case .bootstrapped(let attempts) = outcome { demoSets.tell(attempts, of: decision) }
    }

    var width: Int? { evaluations?.width }
}
