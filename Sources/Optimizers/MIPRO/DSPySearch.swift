internal import Randomness
internal import Surrogates

/// MIPROv2's search as DSPy runs it, for comparison: one trial after another, each on a fresh uniform minibatch whose mean is an
/// observation of its own, and after every few of them a full evaluation of the best mean of minibatch means, which TPE weighs
/// like a minibatch. The winner is the best full evaluation, the uncompiled program's among them.
///
/// Differs from DSPy's in its draws, and in that what is known of a combination is not evaluated again.
struct DSPySearch: SpaceSearch {
    /// What one parameter combination has shown.
    private struct Combination: Sendable {
        var trial: Int
        var point: SearchSpace.Point
        var minibatchMeans: [Double] = []
        var isEvaluatedInFull = false
    }

    /// An evaluation whose results are to become an observation.
    private struct Evaluation: Sendable {
        var combination: Int
        var rows: [Int]
        var isFull: Bool
    }

    private let space: MIPROSpace
    private let rows: [Int]
    private let schedule: MIPROSchedule
    private let seed: UInt64
    private let target: Double?
    private let tpe: TPE
    /// In the order of Optuna's trials: the uncompiled program, then minibatches and full evaluations as they come.
    private var history: [TPE.Observation] = []
    /// In the order of their first proposals.
    private var combinations: [Combination] = []
    private var underWay: Evaluation?
    private var isBaselineObserved = false
    private var proposed = 0
    /// Examples asked for, the baseline's aside.
    private var spent = 0
    private var fullEvaluations = 0

    init(space: MIPROSpace, rows: [Int], schedule: MIPROSchedule, facts: StudyFacts) {
        self.space = space
        self.rows = rows
        self.schedule = schedule
        seed = facts.seed
        target = facts.settings.targetScore
        tpe = TPE(space: space.space)
    }

    mutating func next(_ record: inout PlanRecord) -> StrategyStep {
        while true {
            if let pending = record.oldestPending(of: [.search]) { return .await(pending) }
            if !isBaselineObserved {
                // The uncompiled program's results on the rows of the search come first.
                if !rows.isEmpty, !record.trials[0].isTold(of: .val, in: rows),
                    let pending = record.oldestPending(of: [.baseline])
                {
                    return .await(pending)
                }
                observe(space.origin, record.trials[0].mean(of: .val, in: rows))
                isBaselineObserved = true
            }
            settle(record)
            if let target, record.hasReached(target, rows: rows) { return .done(.targetScore) }
            if fullEvaluations < dueFullEvaluations {
                if let decision = evaluateBest(&record) { return .issue(decision) }
            } else if isProposingOver {
                return .done(.trials)
            } else if let decision = propose(&record) {
                return .issue(decision)
            }
        }
    }

    func fullEvaluationsToCome(_ record: PlanRecord) -> Int? {
        guard isProposingOver else { return nil }
        let isUnderWay = underWay.map { $0.isFull || schedule.fullEvaluationSteps == nil } ?? false
        return dueFullEvaluations - fullEvaluations + (isUnderWay ? 1 : 0)
    }

    /// One trial after another.
    var width: Int { rows.count }

    private var isProposingOver: Bool {
        schedule.isOver(proposed: proposed, spent: spent, fullEvaluations: fullEvaluations) || rows.isEmpty
    }

    /// One after every few proposals, and one at the end where the last proposals have had none.
    private var dueFullEvaluations: Int {
        guard let steps = schedule.fullEvaluationSteps else { return 0 }
        return isProposingOver ? (proposed + steps - 1) / steps : proposed / steps
    }

    // MARK: Observations

    /// What ended becomes an observation; where no example has a score, there is nothing to observe.
    private mutating func settle(_ record: PlanRecord) {
        guard let evaluation = underWay else { return }
        underWay = nil
        let known = combinations[evaluation.combination]
        let mean = record.trials[known.trial].mean(of: .val, in: evaluation.rows)
        observe(known.point, mean)
        if let mean, !evaluation.isFull { combinations[evaluation.combination].minibatchMeans.append(mean) }
    }

    private mutating func observe(_ point: SearchSpace.Point, _ mean: Double?) {
        if let mean { history.append(TPE.Observation(point: point, value: mean)) }
    }

    // MARK: Decisions

    private mutating func propose(_ record: inout PlanRecord) -> Decision? {
        var generator = KeyedGenerator(seed: seed, purpose: "search/propose", index: proposed)
        let point = tpe.propose(history: history, pending: [], generator: &generator)
        let provenance = history.count < tpe.startup ? "random" : "tpe"
        var sampler = KeyedGenerator(seed: seed, purpose: "search/minibatch", index: proposed)
        let minibatch = schedule.block < rows.count ? sampler.sample(schedule.block, of: rows) : rows
        proposed += 1
        let number = record.trial(of: space.state(at: point), params: space.params(at: point), provenance: provenance)
        let combination = combinations.firstIndex { $0.point == point } ?? combinations.count
        if combination == combinations.count { combinations.append(Combination(trial: number, point: point)) }
        return begin(Evaluation(combination: combination, rows: minibatch, isFull: false), &record)
    }

    /// The full evaluation of the best mean of minibatch means that has had none, the earlier of equals.
    private mutating func evaluateBest(_ record: inout PlanRecord) -> Decision? {
        fullEvaluations += 1
        let open = combinations.enumerated().compactMap { index, combination -> (index: Int, mean: Double)? in
            guard !combination.isEvaluatedInFull, let mean = average(combination.minibatchMeans) else { return nil }
            return (index, mean)
        }
        guard let first = open.first else { return nil }
        let best = open.reduce(first) { $1.mean > $0.mean ? $1 : $0 }
        combinations[best.index].isEvaluatedInFull = true
        return begin(Evaluation(combination: best.index, rows: rows, isFull: true), &record)
    }

    /// The decision about what is not known yet; nil where everything is.
    private mutating func begin(_ evaluation: Evaluation, _ record: inout PlanRecord) -> Decision? {
        underWay = evaluation
        let number = combinations[evaluation.combination].trial
        let fresh = record.trials[number].unplanned(of: .val, in: evaluation.rows)
        spent += fresh.count
        return fresh.isEmpty ? nil : record.search(number, block: fresh)
    }
}
