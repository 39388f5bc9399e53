package import JSON
internal import Programs
internal import Surrogates

/// A search alone, over choices that are given: the baseline and what the search asks for; no bootstrapping, proposing,
/// confirmation or test. Simulations of searches run it.
package struct SpaceSearchPlan: Plan {
    package static let version = 1

    private let rows: [Int]
    private let baselineParams: JSONObject
    private var record: PlanRecord
    private var search: any SpaceSearch
    private var isBaselineIssued = false
    private var awaited: Int?
    private var result: PlanResult?

    /// - Parameters:
    ///   - instructions: by predictor path, the initial ones first.
    ///   - demoSets: each with the demos of every predictor by path; the initial demos are a further choice, the first.
    package init(
        _ facts: StudyFacts, settings: MIPROSettings, instructions: [String: [String]], demoSets: [[String: [JSONObject]]]
    ) {
        rows = settings.rows(valCount: facts.valCount, seed: facts.seed)
        record = PlanRecord(facts: facts)
        let space = MIPROSpace(
            initial: facts.initial, instructions: instructions, demoSets: settings.isZeroShot ? nil : demoSets,
            parameters: facts.parameters)
        baselineParams = space.params(at: space.origin)
        let first = facts.earlier.prefix(facts.settings.warmStart).map { candidate in
            Suggestion(point: space.point(nearest: candidate.state), reason: candidate.reason)
        }
        search = settings.makeSearch(space, rows: rows, facts: facts, first: Array(first))
    }

    package mutating func next() -> PlanStep {
        if let awaited { return .await(awaited) }
        if let result { return .finish(result) }
        guard isBaselineIssued else { return startBaseline() }
        switch search.next(&record) {
        case .issue(let decision): return .issue(decision)
        case .await(let decision): return wait(for: decision)
        case .done(let reason):
            // What the search did not need to wait for.
            if let pending = record.oldestPending() { return wait(for: pending) }
            return finish(reason)
        }
    }

    package mutating func tell(_ outcome: Outcome) {
        guard let decision = awaited else { preconditionFailure("an outcome is told only where one is awaited") }
        awaited = nil
        record.tell(outcome, of: decision)
    }

    /// The trial that would be chosen if the search ended now: the highest that the search's model believes in, or else the
    /// best full evaluation; nil while there is neither.
    package var recommended: Int? { ranked.first }

    /// All trials by what the search's model believes, the highest first, or else those with full evaluations.
    package var ranked: [Int] {
        let beliefs = search.beliefs(record)
        let known =
            beliefs.isEmpty
            ? record.trials.compactMap { trial -> (trial: Int, mean: Double)? in
                guard trial.isTold(of: .val, in: rows), let mean = trial.mean(of: .val, in: rows) else { return nil }
                return (trial.number, mean)
            } : beliefs.map { ($0.trial, $0.mean) }
        return known.sorted { ($1.mean, $0.trial) < ($0.mean, $1.trial) }.map(\.trial)
    }

    private mutating func startBaseline() -> PlanStep {
        isBaselineIssued = true
        let number = record.trial(of: record.facts.initial, params: baselineParams, provenance: "uncompiled program")
        return .issue(record.evaluate(number, on: .val, block: rows, key: "baseline", stage: .baseline, priority: 1))
    }

    private mutating func wait(for decision: Int) -> PlanStep {
        awaited = decision
        return .await(decision)
    }

    private mutating func finish(_ reason: FinishReason) -> PlanStep {
        let best = recommended ?? 0
        let baseline = record.estimate(0, on: .val)
        let result = PlanResult(
            finishReason: reason, bestTrial: best, baselineVal: baseline, bestVal: record.estimate(best, on: .val),
            baselineTest: nil, bestTest: nil, gainInterval: nil, isBaselineJudged: baseline.isComplete)
        self.result = result
        return .finish(result)
    }
}
