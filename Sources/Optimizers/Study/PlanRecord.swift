internal import JSON
internal import Programs

/// What a plan has decided and been told so far. Decisions are made here, so that no candidate is stored twice and no pair of
/// candidate and example is evaluated twice.
package struct PlanRecord: Sendable {
    private struct Issued: Sendable {
        var stage: Stage
        var work: Work
        var isTold = false
    }

    let facts: StudyFacts
    /// Goes before the keys of decisions and proposals, so that searches that follow each other do not share them: `s2/`.
    var scope = ""
    private(set) var trials: [Trial] = []
    private var issued: [Issued] = []
    private var trialByCandidate: [String: Int] = [:]
    private var storedCandidates: Set<String> = []
    /// Trials that some decision has brought.
    private var startedTrials: Set<Int> = []

    init(facts: StudyFacts) { self.facts = facts }

    /// The trial of a state: the one it already has, or a new one.
    mutating func trial(of state: ProgramState, params: JSONObject, provenance: String) -> Int {
        let candidate = Candidate(state)
        if let number = trialByCandidate[candidate.id] { return number }
        let rowCounts = Dictionary(uniqueKeysWithValues: Split.allCases.map { ($0, facts.rowCount(of: $0)) })
        let start = TrialStart(number: trials.count, candidate: candidate.id, params: params, provenance: provenance)
        trials.append(Trial(start: start, candidate: candidate, rowCounts: rowCounts))
        trialByCandidate[candidate.id] = start.number
        return start.number
    }

    // MARK: Decisions

    /// The decision to run a trial on a block.
    /// - Parameter isRetry: every row of the block is run again, with a rollout of its own: what it gave before is missing.
    mutating func evaluate(
        _ number: Int, on split: Split, block: [Int], key: String, stage: Stage, priority: Int = 0, isRetry: Bool = false
    ) -> Decision {
        let fresh = trials[number].plan(block, of: split, isRetry: isRetry)
        let candidate = trials[number].candidate
        let work = Work.evaluate(
            trial: number, candidate: candidate.id, split: split, block: block, fresh: fresh, retry: isRetry ? 1 : 0)
        let starts = startedTrials.insert(number).inserted ? [trials[number].start] : []
        return issue(
            Decision(
                key: key, stage: stage, priority: priority, work: work, candidates: stored(candidate), trials: starts))
    }

    /// The decision to run a trial on a further block of the search.
    mutating func search(_ number: Int, block: [Int]) -> Decision {
        defer { trials[number].blocks += 1 }
        return evaluate(number, on: .val, block: block, key: "evaluate/t\(number)/b\(trials[number].blocks)", stage: .search)
    }

    mutating func bootstrap(_ teacher: ProgramState, examples: [Int], round: Int, wave: Int) -> Decision {
        let candidate = Candidate(teacher)
        let work = Work.bootstrap(candidate: candidate.id, examples: examples, round: round)
        return issue(Decision(key: "bootstrap/\(wave)", stage: .bootstrap, work: work, candidates: stored(candidate)))
    }

    /// The decision to run a state on training rows as the task's model, for traces and feedback.
    mutating func trace(_ state: ProgramState, examples: [Int], round: Int = 0, key: String) -> Decision {
        let candidate = Candidate(state)
        let work = Work.trace(candidate: candidate.id, examples: examples, round: round)
        return issue(Decision(key: "trace/\(key)", stage: .search, work: work, candidates: stored(candidate)))
    }

    mutating func propose(_ calls: [ProposalCall], step: String) -> Decision {
        let calls = calls.map { call in
            var call = call
            call.key = scope + call.key
            return call
        }
        return issue(Decision(key: "propose/\(step)", stage: .propose, work: .propose(calls)))
    }

    mutating func finetune(_ call: FinetuneCall) -> Decision {
        var call = call
        call.key = scope + call.key
        return issue(Decision(key: "finetune/\(call.key)", stage: .propose, work: .finetune(call)))
    }

    mutating func stop(_ reason: FinishReason, in stage: Stage = .search) -> Decision {
        issue(Decision(key: "stop", stage: stage, work: .stop(reason, told: told)))
    }

    /// Takes over the decision of another record, with `work` in the numbers of this one. No evaluation: that needs a trial here.
    mutating func adopt(_ decision: Decision, _ work: Work) -> Decision {
        var decision = decision
        decision.work = work
        decision.candidates = decision.candidates.flatMap { stored($0) }
        return issue(decision)
    }

    private mutating func stored(_ candidate: Candidate) -> [Candidate] {
        storedCandidates.insert(candidate.id).inserted ? [candidate] : []
    }

    private mutating func issue(_ decision: Decision) -> Decision {
        var decision = decision
        decision.key = scope + decision.key
        issued.append(Issued(stage: decision.stage, work: decision.work))
        return decision
    }

    // MARK: Outcomes

    /// How many outcomes were told.
    private(set) var told = 0

    /// The index of the decision that was made last.
    var lastDecision: Int { issued.count - 1 }

    /// The first decision, of one of `stages`, whose outcome was not told.
    func oldestPending(of stages: Set<Stage> = Set(Stage.allCases)) -> Int? {
        issued.firstIndex { !$0.isTold && stages.contains($0.stage) }
    }

    func isTold(_ decision: Int) -> Bool { issued[decision].isTold }

    func work(of decision: Int) -> Work { issued[decision].work }

    /// How many examples of the search were asked for and not told.
    var pendingSearchExamples: Int {
        issued.reduce(0) { count, decision in
            guard !decision.isTold, decision.stage == .search else { return count }
            return switch decision.work {
            case .evaluate(_, _, _, _, let fresh, _): count + fresh.count
            case .trace(_, let examples, _): count + examples.count
            case .bootstrap, .propose, .finetune, .stop: count
            }
        }
    }

    /// How many runs were asked for and not told.
    func pendingRuns(of stages: Set<Stage> = Set(Stage.allCases)) -> Int {
        issued.reduce(0) { count, decision in
            guard !decision.isTold, stages.contains(decision.stage) else { return count }
            return switch decision.work {
            case .evaluate(_, _, _, _, let fresh, _): count + fresh.count
            case .trace(_, let examples, _), .bootstrap(_, let examples, _): count + examples.count
            case .propose, .finetune, .stop: count
            }
        }
    }

    mutating func tell(_ outcome: Outcome, of decision: Int) {
        issued[decision].isTold = true
        told += 1
        switch (issued[decision].work, outcome) {
        case (.evaluate(let number, _, let split, let block, _, _), .evaluated(let outcomes)):
            precondition(outcomes.count == block.count, "decision \(decision): one outcome per example of its block")
            for (row, outcome) in zip(block, outcomes) { trials[number].record(value(of: outcome), row: row, of: split) }
        case (.bootstrap(_, let examples, _), .bootstrapped(let attempts)), (.trace(_, let examples, _), .traced(let attempts)):
            precondition(attempts.count == examples.count, "decision \(decision): one attempt per example")
        case (.propose(let calls), .proposed(let answers)):
            precondition(answers.count == calls.count, "decision \(decision): one answer per call")
        case (.finetune, .finetuned), (.stop, .stopped): break
        default: preconditionFailure("decision \(decision): an outcome of another kind than its work")
        }
    }

    private func value(of outcome: ExampleOutcome) -> Trial.Row {
        switch outcome {
        case .scored(let score) where score.isFinite: .scored(score)
        case .programError: .scored(facts.failureScore)
        case .scored, .metricError, .infrastructureError: .missing
        }
    }

    // MARK: Estimates

    /// How many rows of a split were asked of a trial.
    func asked(_ number: Int, of split: Split) -> Int {
        let rows = Array(0..<facts.rowCount(of: split))
        return rows.count - trials[number].unplanned(of: split, in: rows).count
    }

    func estimate(_ number: Int, on split: Split) -> Estimate {
        let count = facts.rowCount(of: split)
        let scores = trials[number].scores(of: split, in: Array(0..<count))
        let coverage = count == 0 ? 0 : Double(scores.count) / Double(count)
        return Estimate(
            mean: average(scores), interval: meanInterval(scores), examples: scores.count, coverage: coverage,
            isComplete: !scores.isEmpty && coverage >= facts.minCoverage)
    }

    /// How long a trial's program is, in bytes: among equals the shorter is the simpler one.
    func length(of number: Int) -> Int { trials[number].candidate.state.json.serialized(.compact).utf8.count }

    /// The rows of a split that only this trial lacks: it has no score there, another trial has one.
    func lacking(_ number: Int, on split: Split) -> [Int] {
        trials[number].missing(of: split, in: Array(0..<facts.rowCount(of: split))).filter { row in
            trials.contains { $0.score(row, of: split) != nil }
        }
    }

    /// The differences `challenger − champion` over the rows that both have.
    func differences(_ challenger: Int, _ champion: Int, on split: Split) -> [Double] {
        (0..<facts.rowCount(of: split)).compactMap { row in
            guard let left = trials[challenger].score(row, of: split), let right = trials[champion].score(row, of: split) else {
                return nil
            }
            return left - right
        }
    }
}

extension PlanRecord {
    /// Whether some trial has ended all of `rows` with a mean of at least `target`, enough of them scored.
    /// - Parameter other: a trial that does not count.
    func hasReached(_ target: Double, rows: [Int], beside other: Int? = nil) -> Bool {
        trials.contains { trial in
            guard trial.number != other, trial.isTold(of: .val, in: rows), let mean = trial.mean(of: .val, in: rows) else {
                return false
            }
            return mean >= target && trial.coverageSoFar(of: .val, in: rows) >= facts.minCoverage
        }
    }
}
