internal import JSON
internal import Programs
internal import Randomness

/// DSPy's GEPA (Agrawal et al., arXiv 2507.19457): a candidate that is best on some validation row runs on a few training rows, a
/// model reads what came of it and writes better instructions, and what then does better on these rows joins the population.
///
/// The original goes on one iteration after another. Here several may be under way at once: a new one chooses its parent among
/// the candidates that are evaluated by then, which follows from the told outcomes alone. Minibatches are awaited before full
/// evaluations, so that they go on while one runs.
struct GEPA: SearchStrategy {
    let rows: [Int]
    let baselineParams: JSONObject
    let facts: StudyFacts
    let settings: GEPASettings
    /// How many iterations are under way at once, at most.
    private let lanes: Int
    private let budget: Int
    /// Metric calls so far.
    var spent: Int
    /// How many iterations in a row have ended without a metric call.
    var idle = 0
    private var started = 0
    private var reflections = 0
    private var batches: TrainingBatches
    private var isBaselineSettled = false
    var iterations: [Iteration] = []
    var population: Population
    var merging: Merging
    var rollouts = Rollouts()
    var numbers: InstructionNumbers
    /// What the `prompt` model wrote, by decision.
    var answers: [Int: [JSONObject?]] = [:]
    /// The ids of all candidates that were ever made.
    var seen: Set<String>

    init(facts: StudyFacts, settings: GEPASettings) {
        self.facts = facts
        self.settings = settings
        rows = Array(0..<facts.valCount)
        let size = StudySize(
            train: facts.train.count, val: facts.valCount, predictors: facts.predictors.count, width: facts.settings.width)
        budget = settings.metricCalls(size)
        lanes = settings.lanes(size)
        spent = facts.valCount
        batches = TrainingBatches(rowCount: facts.train.count, size: settings.reflectionMinibatchSize, seed: facts.seed)
        merging = Merging(limit: settings.useMerge ? settings.maxMergeInvocations : 0)
        population = Population(origin: facts.initial, failureScore: facts.failureScore)
        numbers = InstructionNumbers(facts.initial)
        baselineParams = numbers.params(of: facts.initial)
        seen = [Candidate(facts.initial).id]
    }

    mutating func next(_ record: inout PlanRecord) -> StrategyStep {
        while true {
            if let target = facts.settings.targetScore, record.hasReached(target, rows: rows) {
                if let pending = record.oldestPending(of: [.search, .propose]) { return .await(pending) }
                return .done(.targetScore)
            }
            let isFull = isFull(record)
            let ready = iterations.firstIndex { iteration in
                iteration.waits.allSatisfy(record.isTold) && !(isFull && iteration.mayBeEvaluatedNext)
            }
            if let ready {
                if let decision = advance(at: ready, &record) { return .issue(decision) }
            } else if mayStart(record) {
                if let pending = settleBaseline(record) { return .await(pending) }
                if let decision = start(&record) { return .issue(decision) }
            } else if let pending = awaited(record) {
                return .await(pending)
            } else {
                return .done(.trials)
            }
        }
    }

    mutating func tell(_ outcome: Outcome, of decision: Int) {
        switch outcome {
        case .traced(let attempts): rollouts.tell(attempts, of: decision)
        case .proposed(let outputs): answers[decision] = outputs
        default: break
        }
    }

    /// A merge that was only checked is none.
    func contenders(_ record: PlanRecord) -> [Int] {
        bestByMean(record).filter { record.trials[$0].isTold(of: .val, in: rows) }
    }

    // MARK: Starting and waiting

    /// As in the original, an iteration begins while the budget is not used up; what those under way may yet need counts as used.
    private func mayStart(_ record: PlanRecord) -> Bool {
        guard !rows.isEmpty, !facts.train.isEmpty, !facts.predictors.isEmpty, iterations.count < lanes else { return false }
        let reserved = iterations.reduce(0) { $0 + $1.reserved }
        return spent + reserved < budget && idle < batches.perEpoch && !isFull(record)
    }

    /// Whether as many examples are asked for as the study allows ahead of their results.
    private func isFull(_ record: PlanRecord) -> Bool {
        facts.settings.width.map { record.pendingSearchExamples >= $0 } ?? false
    }

    /// The baseline's evaluation, where its results matter and are not told.
    private mutating func settleBaseline(_ record: PlanRecord) -> Int? {
        guard !isBaselineSettled, population.members.count > 1 else { return nil }
        if !record.trials[0].isTold(of: .val, in: rows), let pending = record.oldestPending(of: [.baseline]) { return pending }
        population.setScores(rows.map { record.trials[0].score($0, of: .val) }, of: 0)
        isBaselineSettled = true
        return nil
    }

    private mutating func start(_ record: inout PlanRecord) -> Decision? {
        let number = started
        started += 1
        var generator = KeyedGenerator(seed: facts.seed, purpose: "gepa/iteration", index: number)
        if let merge = merging.next(population, &generator) {
            if seen.insert(Candidate(merge.state).id).inserted {
                let check = Merging.checkRows(merge, population, &generator)
                return begin(merge, check, number: number, &record)
            }
            merging.tried(isAccepted: false)
        }
        let parent = population.members.count == 1 ? 0 : population.parent(by: settings.candidateSelection, &generator)
        let minibatch = batches.rows(of: reflections)
        reflections += 1
        iterations.append(
            Iteration(
                number: number, parents: [parent], rows: minibatch, stage: .parentRuns,
                reserved: 2 * minibatch.count + rows.count))
        return run(population.members[parent].state, as: "parent", at: iterations.count - 1, &record)
    }

    /// The oldest decision about a minibatch, else about an evaluation.
    private func awaited(_ record: PlanRecord) -> Int? {
        func oldest(_ iterations: [Iteration]) -> Int? {
            iterations.lazy.flatMap(\.waits).filter { !record.isTold($0) }.min()
        }
        return oldest(iterations.filter { !$0.isEvaluated }) ?? oldest(iterations)
    }
}
