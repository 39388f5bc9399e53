internal import JSON
internal import Programs
internal import Randomness

/// DSPy's BootstrapFewShotWithRandomSearch: demo sets −3 … N−1, each evaluated on the whole validation split, or as far as it
/// takes to see that it is worse than others.
struct RandomSearch: SearchStrategy {
    let rows: [Int]
    let baselineParams: JSONObject = [:]
    private let facts: StudyFacts
    private let settings: RandomSearchSettings
    private var demoSets: DemoSets
    /// Of the candidates, once all sets are complete.
    private var search: (any CandidateSearch)?

    init(facts: StudyFacts, settings: RandomSearchSettings) {
        self.facts = facts
        self.settings = settings
        rows = Array(0..<facts.valCount)
        demoSets = DemoSets(
            facts: facts, numbers: settings.numbers, limits: settings.demos.limits, maxRounds: settings.demos.maxRounds,
            threshold: settings.demos.metricThreshold, teacher: settings.demos.teacher, samplesLabels: settings.labeledSample)
    }

    mutating func next(_ record: inout PlanRecord) -> StrategyStep {
        if search == nil {
            if let decision = demoSets.nextDecision(&record) { return .issue(decision) }
            if let pending = record.oldestPending(of: [.bootstrap]) { return .await(pending) }
            search = makeSearch()
        }
        return search?.next(&record) ?? .done(.trials)
    }

    mutating func tell(_ outcome: Outcome, of decision: Int) {
        if case .bootstrapped(let attempts) = outcome { demoSets.tell(attempts, of: decision) }
    }

    var width: Int? { search?.width }

    private func makeSearch() -> any CandidateSearch {
        let earlier = facts.earlierEntrants
        let made = zip(demoSets.recipes, demoSets.entrants()).map { recipe, entrant in
            var entrant = entrant
            entrant.state.parameters = parameters(of: recipe)
            entrant.params = entrant.params.merging(entrant.state.parameters)
            return entrant
        }
        let target = [settings.stopAtScore, facts.settings.targetScore].compactMap(\.self).min()
        if settings.earlyElimination {
            return EliminationRace(
                earlier + made, rows: rows, target: target, width: facts.settings.width, seed: facts.seed)
        }
        return FullEvaluations(earlier + made, rows: rows, target: target, width: facts.settings.width)
    }

    /// The program's parameters of a candidate: those with shuffled demos draw them, the others keep the initial ones.
    private func parameters(of recipe: DemoSetRecipe) -> JSONObject {
        guard recipe.number >= 0 else { return facts.initial.parameters }
        var generator = KeyedGenerator(seed: facts.seed, purpose: "search/parameters", index: recipe.number)
        return JSONObject(facts.parameters.map { ($0.path, $0.choices[generator.below($0.choices.count)]) })
    }
}
