internal import JSON
internal import Programs

/// DSPy's COPRO: coordinate ascent over the instructions of a program's predictors.
///
/// First every predictor gets `breadth − 1` instructions beside its own. Then, `depth` times, predictor by predictor: its
/// instructions are evaluated beside the best ones of the others, the best one stays, and the prompt model writes `breadth` new
/// ones for the next time, shown the best so far with their scores. The calls for one predictor run while the next ones are
/// evaluated.
///
/// Differs from DSPy's in that a program is evaluated once, whoever asks for it, in that the choice is among scores beside the
/// same instructions of the others, and in that no prefix of the last output is searched: no prompt shows it.
struct COPRO: SearchStrategy {
    let rows: [Int]
    let baselineParams: JSONObject
    private let facts: StudyFacts
    private let settings: COPROSettings
    private let target: Double?
    private let window: SearchWindow
    private var proposals: COPROProposals
    /// The chosen instruction of every predictor.
    private var chosen: [String: Int]
    /// By predictor: the latest score of each instruction.
    private var scores: [String: [Int: Double]] = [:]
    private var depth = 0
    /// The predictor whose turn it is, by its place.
    private var place = 0
    private var turn: Turn?

    /// One predictor's instructions beside the chosen ones of the others.
    private struct Turn: Sendable {
        var unissued: ArraySlice<Int>
        /// Trial by instruction.
        var trials: [(choice: Int, trial: Int)] = []
    }

    init(facts: StudyFacts, settings: COPROSettings) {
        self.facts = facts
        self.settings = settings
        rows = Array(0..<facts.valCount)
        baselineParams = MIPROSpace.originParams(of: facts.initial, withDemos: false)
        target = facts.settings.targetScore
        let size = StudySize(val: rows.count, predictors: facts.initial.paths.count)
        window = SearchWindow(width: facts.settings.width, block: rows.count, planned: settings.plannedExamples(size))
        proposals = COPROProposals(facts: facts, settings: settings)
        chosen = Dictionary(uniqueKeysWithValues: facts.initial.paths.map { ($0, 0) })
    }

    var width: Int? { window.width }

    private var paths: [String] { facts.initial.paths }

    mutating func next(_ record: inout PlanRecord) -> StrategyStep {
        if let decision = proposals.begin(&record) { return .issue(decision) }
        while depth < settings.depth, !paths.isEmpty, !rows.isEmpty, !isTargetReached(record) {
            if turn == nil {
                if let pending = proposals.pending(for: paths[place]) { return .await(pending) }
                turn = Turn(unissued: proposals.candidates(for: paths[place], areAllAsked: paths.count > 1)[...])
            }
            if let step = evaluate(&record) { return step }
            if let decision = endTurn(&record) { return .issue(decision) }
        }
        if let pending = record.oldestPending(of: [.propose, .search]) { return .await(pending) }
        return .done(isTargetReached(record) ? .targetScore : .trials)
    }

    mutating func tell(_ outcome: Outcome, of decision: Int) {
        if case .proposed(let outputs) = outcome { proposals.tell(outputs, of: decision) }
    }

    private func isTargetReached(_ record: PlanRecord) -> Bool { target.map { record.hasReached($0, rows: rows) } ?? false }

    // MARK: Turns

    /// The next evaluation of the turn, or what it waits for; nil when all its results are told.
    private mutating func evaluate(_ record: inout PlanRecord) -> StrategyStep? {
        while let choice = turn?.unissued.first {
            if let blocker = window.blocker(in: record) { return .await(blocker) }
            turn?.unissued.removeFirst()
            let number = trial(of: choice, in: &record)
            turn?.trials.append((choice, number))
            let fresh = record.trials[number].unplanned(of: .val, in: rows)
            if !fresh.isEmpty { return .issue(record.search(number, block: fresh)) }
        }
        if let pending = record.oldestPending(of: [.search]) { return .await(pending) }
        // The uncompiled program is one of the first candidates.
        return record.trials[0].isTold(of: .val, in: rows) ? nil : record.oldestPending(of: [.baseline]).map { .await($0) }
    }

    private mutating func trial(of choice: Int, in record: inout PlanRecord) -> Int {
        var numbers = chosen
        numbers[paths[place]] = choice
        var state = facts.initial
        for path in paths { state[path]?.instructions = proposals.pool.choices(for: path)[numbers[path] ?? 0] }
        let params = JSONObject(paths.map { ("\($0).instructions", .int(numbers[$0] ?? 0)) }).merging(facts.initial.parameters)
        return record.trial(of: state, params: params, provenance: "copro: depth \(depth + 1), \(paths[place])")
    }

    /// Keeps the predictor's best instruction. Returns the decision to have new ones written, if there is a next time.
    private mutating func endTurn(_ record: inout PlanRecord) -> Decision? {
        let path = paths[place]
        for (choice, number) in turn?.trials ?? [] {
            let trial = record.trials[number]
            let isComplete = trial.coverageSoFar(of: .val, in: rows) >= facts.minCoverage
            scores[path, default: [:]][choice] = isComplete ? trial.mean(of: .val, in: rows) : nil
        }
        turn = nil
        let known = proposals.pool.choices(for: path).indices.compactMap { choice in
            scores[path]?[choice].map { (choice: choice, score: $0) }
        }
        if let first = known.first { chosen[path] = known.reduce(first) { $1.score > $0.score ? $1 : $0 }.choice }
        let isLastTime = depth + 1 == settings.depth
        defer { (depth, place) = place + 1 < paths.count ? (depth, place + 1) : (depth + 1, 0) }
        if isLastTime || isTargetReached(record) { return nil }
        return proposals.more(for: path, scores: scores[path] ?? [:], depth: depth + 1, &record)
    }
}
