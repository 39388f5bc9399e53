internal import Randomness
internal import Surrogates

/// MIPRO's search: proposals on balanced minibatches, and a full evaluation of the best so far after every few of them.
///
/// Differs from DSPy's in what it does with equals: a combination has one trial, a repeated proposal grows it by a fresh
/// block, no example is evaluated twice, and TPE sees one observation per combination, its mean so far.
struct MIPROSearch: Sendable {
    private(set) var space: MIPROSpace
    private let rows: [Int]
    let schedule: MIPROSchedule
    private let sampler: MIPROSettings.Search
    private let seed: UInt64
    private let target: Double?
    private var tpe: TPE
    private var blocks: BalancedBlocks
    /// Trial by point, and the points in the order of their trials.
    private var trialByPoint: [SearchSpace.Point: Int]
    private var points: [(trial: Int, point: SearchSpace.Point)]
    /// The decisions that were proposals.
    private var proposals: [Int] = []
    private var proposed: Int { proposals.count }
    /// Examples asked for, the baseline's aside.
    private var spent = 0
    private var fullEvaluations = 0
    /// The trial that is being evaluated in full and its rows that are not issued yet.
    private var fullEvaluation: (trial: Int, rows: [Int])?
    private var isExhausted = false
    /// To be proposed next, whatever the history says.
    private var urgent: [Suggestion]

    init(
        space: MIPROSpace, rows: [Int], schedule: MIPROSchedule, sampler: MIPROSettings.Search, facts: StudyFacts,
        first: [Suggestion]
    ) {
        self.space = space
        self.rows = rows
        self.schedule = schedule
        self.sampler = sampler
        seed = facts.seed
        target = facts.settings.targetScore
        tpe = TPE(space: space.space)
        blocks = BalancedBlocks(rows: rows, seed: facts.seed)
        trialByPoint = [space.origin: 0]
        points = [(0, space.origin)]
        urgent = first
    }

    mutating func next(_ record: inout PlanRecord) -> StrategyStep {
        while !(target.map { record.hasReached($0, rows: rows) } ?? false) {
            if let step = growFullEvaluation(&record) { return step }
            if isFullEvaluationDue(record) {
                if let pending = startFullEvaluation(record) { return .await(pending) }
                continue
            }
            if isProposingOver { break }
            if let step = propose(&record) { return step }
        }
        if let pending = record.oldestPending(of: [.search]) { return .await(pending) }
        return .done(target.map { record.hasReached($0, rows: rows) } ?? false ? .targetScore : .trials)
    }

    // MARK: Growth

    var hasBudget: Bool {
        let committed = spent + (fullEvaluation?.rows.count ?? 0)
        return !schedule.isOver(proposed: proposed, spent: committed, fullEvaluations: fullEvaluations) && !rows.isEmpty
    }

    mutating func grow(_ space: MIPROSpace, trying points: [SearchSpace.Point]) {
        self.space = space
        tpe = TPE(space: space.space)
        urgent += points.map { Suggestion(point: $0, reason: "new instructions") }
        isExhausted = false
    }

    func point(of trial: Int) -> SearchSpace.Point? { points.first { $0.trial == trial }?.point }

    // MARK: Full evaluations

    private var isProposingOver: Bool { !hasBudget || isExhausted }

    /// After every few proposals whose results are told, and once more at the end where the last ones have had none.
    private func isFullEvaluationDue(_ record: PlanRecord) -> Bool {
        guard let steps = schedule.fullEvaluationSteps else { return false }
        let due = isProposingOver ? (proposed + steps - 1) / steps : proposals.count(where: record.isTold) / steps
        return fullEvaluations < due
    }

    /// How many trials may yet join those that are evaluated in full; nil while proposals are still to come.
    func fullEvaluationsToCome(_ record: PlanRecord) -> Int? {
        guard isProposingOver else { return nil }
        let toChoose = schedule.fullEvaluationSteps.map { (proposed + $0 - 1) / $0 - fullEvaluations } ?? 0
        let underWay = points.count { trial, _ in
            let known = record.trials[trial]
            let isPlanned = trial == fullEvaluation?.trial || known.unplanned(of: .val, in: rows).isEmpty
            return isPlanned && !known.isTold(of: .val, in: rows)
        }
        return toChoose + underWay
    }

    /// Issues the next part of the full evaluation under way, or names what it waits for.
    private mutating func growFullEvaluation(_ record: inout PlanRecord) -> StrategyStep? {
        guard let (trial, remaining) = fullEvaluation else { return nil }
        let part = Array(remaining.prefix(schedule.part))
        if let blocker = schedule.window.blocker(in: record) { return .await(blocker) }
        let rest = Array(remaining.dropFirst(part.count))
        fullEvaluation = rest.isEmpty ? nil : (trial, rest)
        spent += part.count
        return .issue(record.search(trial, block: part))
    }

    /// Chooses the trial with the best mean so far that has not been evaluated in full. Returns the decision to wait for
    /// before choosing, if there is one: the last choice waits for all results, others for the first.
    private mutating func startFullEvaluation(_ record: PlanRecord) -> Int? {
        let pending = record.oldestPending(of: [.search])
        if isProposingOver, let pending { return pending }
        let open = points.compactMap { trial, _ -> (trial: Int, mean: Double)? in
            let known = record.trials[trial]
            guard let mean = known.mean(of: .val, in: rows), !known.unplanned(of: .val, in: rows).isEmpty else { return nil }
            return (trial, mean)
        }
        guard let first = open.first else {
            if let pending { return pending }
            fullEvaluations += 1
            return nil
        }
        let best = open.reduce(first) { $1.mean > $0.mean ? $1 : $0 }
        fullEvaluations += 1
        fullEvaluation = (best.trial, record.trials[best.trial].unplanned(of: .val, in: rows))
        return nil
    }

    // MARK: Proposals

    private mutating func propose(_ record: inout PlanRecord) -> StrategyStep? {
        // What reads no results need not wait for any: the uniform start is decided at once, the window binds the rest.
        var history: [TPE.Observation] = []
        if sampler == .tpe, proposed >= tpe.startup - 1 {
            if let blocker = schedule.window.blocker(in: record) { return .await(blocker) }
            // The baseline is an observation like others.
            if !record.isTold(0) { return .await(0) }
            history = self.history(record)
        }
        let reason = history.count < tpe.startup ? "random" : "tpe"
        guard
            let suggestion = nextUrgent(record)
                ?? choosePoint(history, record).map({ Suggestion(point: $0, reason: reason) })
        else {
            isExhausted = true
            return nil
        }
        let number = trial(at: suggestion.point, provenance: suggestion.reason, in: &record)
        proposals.append(record.lastDecision + 1)
        let fresh = record.trials[number].unplanned(of: .val, in: rows)
        let block = blocks.next(schedule.block, of: fresh)
        spent += block.count
        return .issue(record.search(number, block: block))
    }

    private mutating func trial(at point: SearchSpace.Point, provenance: String, in record: inout PlanRecord) -> Int {
        if let number = trialByPoint[point] { return number }
        let number = record.trial(of: space.state(at: point), params: space.params(at: point), provenance: provenance)
        trialByPoint[point] = number
        points.append((number, point))
        return number
    }

    private func history(_ record: PlanRecord) -> [TPE.Observation] {
        points.compactMap { trial, point in
            record.trials[trial].mean(of: .val, in: rows).map { TPE.Observation(point: point, value: $0) }
        }
    }

    /// A point that has rows left; nil when the whole space is evaluated in full.
    /// - Parameter history: what guides the choice; empty for a random search.
    private func choosePoint(_ history: [TPE.Observation], _ record: PlanRecord) -> SearchSpace.Point? {
        var generator = KeyedGenerator(seed: seed, purpose: "search/propose", index: proposed)
        let pending = points.filter { record.trials[$0.trial].mean(of: .val, in: rows) == nil }.map(\.point)
        var point = space.origin
        for _ in 0..<Self.attempts {
            point = tpe.propose(history: history, pending: pending, generator: &generator)
            if hasRows(point, record) { return point }
        }
        return nearestUnexplored(from: point) ?? leastEvaluated(record)
    }

    private static let attempts = 32

    private func hasRows(_ point: SearchSpace.Point, _ record: PlanRecord) -> Bool {
        trialByPoint[point].map { !record.trials[$0].unplanned(of: .val, in: rows).isEmpty } ?? true
    }

    /// The next urgent point that has rows left; those before it are dropped.
    private mutating func nextUrgent(_ record: PlanRecord) -> Suggestion? {
        while !urgent.isEmpty {
            let suggestion = urgent.removeFirst()
            if hasRows(suggestion.point, record) { return suggestion }
        }
        return nil
    }

    /// The next point, in the order of the space, that has no trial. Takes at most one step per trial.
    private func nearestUnexplored(from start: SearchSpace.Point) -> SearchSpace.Point? {
        guard trialByPoint.count < space.space.size else { return nil }
        var point = start
        while trialByPoint[point] != nil { point = space.space.successor(of: point) }
        return point
    }

    private func leastEvaluated(_ record: PlanRecord) -> SearchSpace.Point? {
        points.map { ($0.point, record.trials[$0.trial].unplanned(of: .val, in: rows).count) }
            .reduce(nil) { (most: (SearchSpace.Point, Int)?, next) in
                next.1 > (most?.1 ?? 0) ? next : most
            }?.0
    }
}
