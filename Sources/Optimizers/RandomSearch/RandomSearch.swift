internal import JSON
internal import Programs
internal import Randomness

/// DSPy's BootstrapFewShotWithRandomSearch: demo sets −3 … N−1, each evaluated on the whole validation split.
struct RandomSearch: SearchStrategy {
    let rows: [Int]
    let baselineParams: JSONObject = [:]
    private let facts: StudyFacts
    /// Fractions: the least of the targets that are set.
    private let target: Double?
    private let window: SearchWindow
    private var demoSets: DemoSets
    /// Candidates in their order, once all sets are complete.
    private var candidates: [(state: ProgramState, params: JSONObject, provenance: String)]?
    private var nextCandidate = 0

    init(facts: StudyFacts, settings: RandomSearchSettings) {
        self.facts = facts
        rows = Array(0..<facts.valCount)
        target = [settings.stopAtScore, facts.settings.targetScore].compactMap(\.self).min()
        let count = settings.numCandidatePrograms
        window = SearchWindow(width: facts.settings.width, block: rows.count, planned: (count + 3) * rows.count)
        demoSets = DemoSets(
            facts: facts, numbers: -3..<count, limits: settings.demos.limits, maxRounds: settings.demos.maxRounds,
            threshold: settings.demos.metricThreshold)
    }

    mutating func next(_ record: inout StudyRecord) -> StrategyStep {
        guard let candidates else {
            if let decision = demoSets.nextDecision(&record) { return .issue(decision) }
            if let pending = record.oldestPending(of: [.bootstrap]) { return .await(pending) }
            self.candidates = makeCandidates()
            return next(&record)
        }
        let isReached = isTargetReached(record)
        while !isReached, nextCandidate < candidates.count {
            if let blocker = window.blocker(in: record) { return .await(blocker) }
            let (state, params, provenance) = candidates[nextCandidate]
            nextCandidate += 1
            let number = record.trial(of: state, params: params, provenance: provenance)
            let fresh = record.trials[number].unplanned(of: .val, in: rows)
            if !fresh.isEmpty { return .issue(record.search(number, block: fresh)) }
        }
        if let pending = record.oldestPending(of: [.search]) { return .await(pending) }
        return .done(isTargetReached(record) ? .targetScore : .trials)
    }

    /// Its candidates are evaluated on all rows there are: nothing is left to confirm.
    func fullEvaluationsToCome(_ record: StudyRecord) -> Int? { nil }

    mutating func tell(_ outcome: Outcome, of decision: Int) {
        if case .bootstrapped(let attempts) = outcome { demoSets.tell(attempts, of: decision) }
    }

    private func makeCandidates() -> [(state: ProgramState, params: JSONObject, provenance: String)] {
        zip(demoSets.recipes, demoSets.sets()).map { recipe, set in
            var state = facts.initial.replacingDemos { set[$0] ?? [] }
            state.parameters = parameters(of: recipe)
            return (state, JSONObject([("demos", .int(recipe.number))]).merging(state.parameters), recipe.description)
        }
    }

    /// The program's parameters of a candidate: those with shuffled demos draw them, the others keep the initial ones.
    private func parameters(of recipe: DemoSetRecipe) -> JSONObject {
        guard recipe.number >= 0 else { return facts.initial.parameters }
        var generator = KeyedGenerator(seed: facts.seed, purpose: "search/parameters", index: recipe.number)
        return JSONObject(facts.parameters.map { ($0.path, $0.choices[generator.below($0.choices.count)]) })
    }

    private func isTargetReached(_ record: StudyRecord) -> Bool {
        target.map { record.hasReached($0, rows: rows) } ?? false
    }
}
