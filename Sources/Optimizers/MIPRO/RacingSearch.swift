internal import Randomness
internal import Surrogates

/// A search by a sampler over examples: every proposal is a small block of one combination on examples that others share, a
/// combination that looks good is proposed again and so grows, and no full evaluation is planned, but of a combination that is
/// believed to reach the study's target. What is known enters as it is, example by example.
///
/// The winner is the best posterior mean. (surrogate.md 4.3–4.4: "two-way GP with a cooled pathwise Thompson climb".)
struct RacingSearch: GrowingSearch {
    private(set) var space: MIPROSpace
    private let rows: [Int]
    private let schedule: RacingSchedule
    private let target: Double?
    private let settling: SettlingRule
    private let makeSampler: @Sendable (SearchSpace) -> any Sampler
    private var sampler: any Sampler
    private var blocks: SharedBlocks
    private var table: ExampleTable
    /// Place of each row among those of the search: the number of the example in the table.
    private let exampleOfRow: [Int: Int]
    /// By point, and the points in the order of their trials.
    private var trialByPoint: [SearchSpace.Point: Int]
    private var points: [SearchSpace.Point]
    private var proposals: [(decision: Int, trial: Int, point: SearchSpace.Point, rows: [Int], isKnown: Bool)] = []
    private var isBaselineKnown = false
    /// Examples asked for, the baseline's aside.
    private var spent = 0
    private var isExhausted = false
    private var isSettled = false
    /// With so many observations it is asked again whether the search has settled.
    private var nextLook = 0
    /// To be proposed next, whatever the sampler says.
    private var urgent: [Suggestion]
    /// The trial that is believed to reach the target, while its remaining rows are run.
    private var targetTrial: Int?

    init(
        space: MIPROSpace, rows: [Int], schedule: RacingSchedule, facts: StudyFacts, first: [Suggestion],
        settling: SettlingRule, makeSampler: @escaping @Sendable (SearchSpace) -> any Sampler
    ) {
        self.space = space
        self.rows = rows
        self.schedule = schedule
        self.settling = settling
        self.makeSampler = makeSampler
        sampler = makeSampler(space.space)
        target = facts.settings.targetScore
        blocks = SharedBlocks(rows: rows, seed: facts.seed)
        table = ExampleTable(space: space.space, examples: rows.count)
        exampleOfRow = Dictionary(uniqueKeysWithValues: zip(rows, rows.indices))
        trialByPoint = [space.origin: 0]
        points = [space.origin]
        urgent = first
    }

    mutating func next(_ record: inout PlanRecord) -> StrategyStep {
        while !isTargetReached(record), !isProposingOver {
            // The first points read no results: they are decided at once. The window binds the rest.
            if proposals.count >= schedule.design {
                if let blocker = schedule.window.blocker(in: record) { return .await(blocker) }
                if !record.isTold(0), !rows.isEmpty { return .await(0) }
                if told(record) >= known + schedule.batch || !isBaselineKnown {
                    learn(record)
                    lookForTarget(record)
                    // Whoever may have reached the target is run to its end.
                    let isTargetTrialRun = targetTrial.map { record.trials[$0].isTold(of: .val, in: rows) } ?? true
                    if isTargetTrialRun, lookWhetherSettled() { continue }
                }
                if let decision = runTargetTrial(&record) { return .issue(decision) }
            }
            if let decision = propose(&record) { return .issue(decision) }
            isExhausted = true
        }
        if let pending = record.oldestPending(of: [.search]) { return .await(pending) }
        return .done(isTargetReached(record) ? .targetScore : isSettled ? .converged : .trials)
    }

    /// The slots that the search's last choices leave idle run further rows of the combination that is the best by then: its
    /// confirmation needs them. So much is under way as before, and no more is lost if another one wins. Nothing waits for them
    /// before the confirmation.
    mutating func confirmAhead(_ record: inout PlanRecord) -> Decision? {
        let room = schedule.window.width - record.pendingRuns(of: [.search, .confirm])
        guard isProposingOver, room >= schedule.part, !isTargetReached(record), let best = bestByBelief(record, rows: rows) else {
            return nil
        }
        let block = Array(record.trials[best].unplanned(of: .val, in: rows).prefix(room))
        guard !block.isEmpty else { return nil }
        return record.evaluate(
            best, on: .val, block: block, key: "confirm/t\(best)/d\(record.lastDecision + 1)", stage: .confirm, priority: 1)
    }

    private var isProposingOver: Bool {
        spent >= schedule.budget || isExhausted || isSettled || rows.isEmpty
    }

    private func isTargetReached(_ record: PlanRecord) -> Bool { target.map { record.hasReached($0, rows: rows) } ?? false }

    // MARK: The target

    /// Of the trials with rows left the best one, where the model believes that it reaches the target. One at a time; who has no
    /// rows left has been judged by its mean.
    private mutating func lookForTarget(_ record: PlanRecord) {
        guard let target else { return }
        if let targetTrial, !record.trials[targetTrial].isTold(of: .val, in: rows) { return }
        targetTrial = bestByBelief(record, rows: rows) { belief in
            belief.mean >= target && !record.trials[belief.trial].unplanned(of: .val, in: rows).isEmpty
        }
    }

    /// The next part of what that trial lacks: the window is passed part by part, so that it is no barrier.
    private mutating func runTargetTrial(_ record: inout PlanRecord) -> Decision? {
        guard let targetTrial, let point = point(of: targetTrial) else { return nil }
        let block = Array(record.trials[targetTrial].unplanned(of: .val, in: rows).prefix(schedule.part))
        return block.isEmpty ? nil : ask(targetTrial, at: point, block: block, &record)
    }

    // MARK: Proposals

    private mutating func propose(_ record: inout PlanRecord) -> Decision? {
        let closed = Set(
            points.filter { point in
                trialByPoint[point].map { record.trials[$0].unplanned(of: .val, in: rows).isEmpty } ?? false
            })
        guard let suggestion = nextUrgent(closed) ?? ask(closed, record) else { return nil }
        let point = suggestion.point
        let number = trial(at: point, provenance: suggestion.reason, in: &record)
        let block = blocks.next(
            schedule.block, of: record.trials[number].unplanned(of: .val, in: rows), answered: answered(point, record))
        return ask(number, at: point, block: block, &record)
    }

    private mutating func ask(
        _ trial: Int, at point: SearchSpace.Point, block: [Int], _ record: inout PlanRecord
    ) -> Decision {
        spent += block.count
        let decision = record.search(trial, block: block)
        proposals.append((record.lastDecision, trial, point, block, false))
        return decision
    }

    /// By row: how many leading predictors of the combination others have that were asked about it.
    private func answered(_ point: SearchSpace.Point, _ record: PlanRecord) -> [Int: Int] {
        var answered: [Int: Int] = [:]
        for (other, trial) in trialByPoint where other != point {
            let shared = space.sharedPredictors(point, other)
            guard shared > 0 else { continue }
            let lacking = Set(record.trials[trial].unplanned(of: .val, in: rows))
            for row in rows where !lacking.contains(row) { answered[row] = max(answered[row] ?? 0, shared) }
        }
        return answered
    }

    private mutating func ask(_ closed: Set<SearchSpace.Point>, _ record: PlanRecord) -> Suggestion? {
        let pending = proposals.filter { !record.isTold($0.decision) }.map(\.point)
        return sampler.propose(
            table, pending: pending, isOpen: { !closed.contains($0) }, number: proposals.count,
            spent: min(1, Double(spent) / Double(max(schedule.budget, 1))))
    }

    private mutating func nextUrgent(_ closed: Set<SearchSpace.Point>) -> Suggestion? {
        while !urgent.isEmpty {
            let suggestion = urgent.removeFirst()
            if !closed.contains(suggestion.point) { return suggestion }
        }
        return nil
    }

    private mutating func trial(at point: SearchSpace.Point, provenance: String, in record: inout PlanRecord) -> Int {
        if let number = trialByPoint[point] { return number }
        let number = record.trial(of: space.state(at: point), params: space.params(at: point), provenance: provenance)
        trialByPoint[point] = number
        points.append(point)
        return number
    }

    // MARK: Growth

    var planned: Int { schedule.budget }

    var hasBudget: Bool { spent < schedule.budget && !rows.isEmpty }

    mutating func grow(_ space: MIPROSpace, trying points: [SearchSpace.Point]) {
        self.space = space
        sampler = makeSampler(space.space)
        urgent += points.map { Suggestion(point: $0, reason: "new instructions") }
        isExhausted = false
        isSettled = false
        nextLook = 0
        // The table belongs to its space.
        table = ExampleTable(space: space.space, examples: exampleOfRow.count)
        blocks.forgetResults()
        isBaselineKnown = false
        for index in proposals.indices { proposals[index].isKnown = false }
    }

    func point(of trial: Int) -> SearchSpace.Point? { points.first { trialByPoint[$0] == trial } }

    // MARK: Knowledge

    private var known: Int { proposals.count(where: \.isKnown) }

    private func told(_ record: PlanRecord) -> Int { proposals.count { record.isTold($0.decision) } }

    /// Takes in what was told since the last look.
    private mutating func learn(_ record: PlanRecord) {
        if !isBaselineKnown, record.isTold(0) {
            isBaselineKnown = true
            enter(rows, of: 0, at: space.origin, record)
        }
        for index in proposals.indices where !proposals[index].isKnown && record.isTold(proposals[index].decision) {
            proposals[index].isKnown = true
            enter(proposals[index].rows, of: proposals[index].trial, at: proposals[index].point, record)
        }
    }

    /// A look costs as much as a hundred proposals: the first is due when the design is known, the next when a tenth more is.
    private mutating func lookWhetherSettled() -> Bool {
        guard known >= schedule.design, table.observations >= nextLook else { return false }
        nextLook = table.observations + table.observations / 10
        isSettled = sampler.isSettled(table, settling)
        return isSettled
    }

    private mutating func enter(_ rows: [Int], of trial: Int, at point: SearchSpace.Point, _ record: PlanRecord) {
        for (row, example, score) in scores(of: trial, on: rows, record) {
            table.record(score, of: example, at: point)
            if sampler.modelsExamples { blocks.take(score, of: row) }
        }
    }

    private func scores(of trial: Int, on rows: [Int], _ record: PlanRecord) -> [(row: Int, example: Int, score: Double)] {
        rows.compactMap { row in
            guard let score = record.trials[trial].score(row, of: .val), let example = exampleOfRow[row] else { return nil }
            return (row, example, score)
        }
    }

    var width: Int { schedule.window.width }

    func fullEvaluationsToCome(_ record: PlanRecord) -> Int? { nil }

    /// By all that was told: the confirmation's results too, which the search does not live to learn. The table takes nothing twice.
    func beliefs(_ record: PlanRecord) -> [TrialBelief] {
        var table = table
        for (point, trial) in trialByPoint {
            for (_, example, score) in scores(of: trial, on: rows, record) { table.record(score, of: example, at: point) }
        }
        return (sampler.beliefs(table) ?? []).compactMap { belief in
            trialByPoint[belief.point].map { TrialBelief(trial: $0, mean: belief.mean, deviation: belief.deviation) }
        }.sorted { $0.trial < $1.trial }
    }
}

/// How a search by examples spends its budget.
package struct RacingSchedule: Sendable {
    /// Examples per proposal.
    let block: Int
    /// Examples in all.
    let budget: Int
    /// How many proposals read no results.
    let design: Int
    let window: SearchWindow
    /// The model learns of so many blocks at once: a fit serves several proposals.
    let batch: Int

    /// - Parameters:
    ///   - rows: validation rows of the search.
    ///   - budget: in examples.
    init(rows: Int, budget: Int, width: Int?) {
        block = Self.block(rows: rows)
        self.budget = budget
        design = min(max(Int(0.2 * Double(budget) / Double(block)), 16), 120)
        // On simulated surfaces twelve blocks ahead did as well as eight, sixteen worse.
        window = SearchWindow(width: width, block: block, planned: budget, least: min(budget / 6, 12 * block))
        batch = max(1, window.width / (4 * block))
    }

    /// Examples of a candidate for the target that are asked for at once.
    var part: Int { max(block, window.width / 4) }

    /// A fiftieth of the rows, 6…25: on simulated surfaces with 300 rows 6 examples did better than 12.
    package static func block(rows: Int) -> Int { min(max(rows / 50, 6), 25, max(rows, 1)) }
}
