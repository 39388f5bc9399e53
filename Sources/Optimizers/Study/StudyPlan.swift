internal import JSON

/// The frame of a study: baseline → the strategy's stages → confirm → test.
package struct StudyPlan: Plan {
    package static let version = 1

    private enum Phase: Sendable {
        case baseline
        case restOfBaseline
        case search
        /// With the trials still to be confirmed.
        case confirm([Int])
        /// With the winner and the trials still to be tested.
        case test(winner: Int, [Int])
        case finished(PlanResult)
    }

    private var record: StudyRecord
    private var strategy: any SearchStrategy
    private var phase = Phase.baseline
    private var awaited: Int?
    private var finishReason = FinishReason.trials
    private var contenders: [Int] = []

    package init(_ facts: StudyFacts) {
        record = StudyRecord(facts: facts)
        switch facts.settings.kind {
        case .randomSearch(let settings): strategy = RandomSearch(facts: facts, settings: settings)
        case .mipro(let settings): strategy = MIPRO(facts: facts, settings: settings)
        }
    }

    package mutating func next() -> PlanStep {
        if let awaited { return .await(awaited) }
        while true {
            if let step = advance() {
                if case .await(let decision) = step { awaited = decision }
                return step
            }
        }
    }

    package mutating func tell(_ outcome: Outcome) {
        guard let decision = awaited else { preconditionFailure("an outcome is told only where one is awaited") }
        awaited = nil
        record.tell(outcome, of: decision)
        if case .evaluated = outcome { return }
        strategy.tell(outcome, of: decision)
    }

    /// One move; nil when only the phase changed.
    private mutating func advance() -> PlanStep? {
        switch phase {
        case .baseline: return startBaseline()
        case .restOfBaseline: return finishBaseline()
        case .search:
            switch strategy.next(&record) {
            case .issue(let decision): return .issue(decision)
            case .await(let decision): return confirmAhead() ?? .await(decision)
            case .done(let reason):
                finishReason = reason
                contenders = shortlist()
                phase = .confirm(contenders)
                return nil
            }
        case .confirm(var remaining):
            if remaining.isEmpty { return finishConfirmation() }
            let number = remaining.removeFirst()
            phase = .confirm(remaining)
            return confirm(number)
        case .test(let winner, var remaining):
            if remaining.isEmpty { return finishTest(winner: winner) }
            let number = remaining.removeFirst()
            phase = .test(winner: winner, remaining)
            let block = Array(0..<record.facts.testCount)
            return .issue(record.evaluate(number, on: .test, block: block, key: "test/t\(number)", stage: .test))
        case .finished(let result): return .finish(result)
        }
    }

    /// The rows that the search compares on. Priority 1: what the search waits for at once goes first.
    private mutating func startBaseline() -> PlanStep? {
        let params = strategy.baselineParams
        let number = record.trial(of: record.facts.initial, params: params, provenance: "uncompiled program")
        phase = .restOfBaseline
        guard !strategy.rows.isEmpty else { return nil }
        return .issue(record.evaluate(number, on: .val, block: strategy.rows, key: "baseline", stage: .baseline, priority: 1))
    }

    /// The other rows. Nothing waits for them before the confirmation: they fill the slots that the search leaves idle.
    private mutating func finishBaseline() -> PlanStep? {
        phase = .search
        let rest = record.trials[0].unplanned(of: .val, in: Array(0..<record.facts.valCount))
        guard !rest.isEmpty else { return nil }
        return .issue(record.evaluate(0, on: .val, block: rest, key: "baseline/rest", stage: .baseline, priority: 2))
    }

    private static let confirmed = 2

    /// The up to two best of the search: fully searched ones first, then by mean, then the earlier.
    private func shortlist() -> [Int] {
        let rows = strategy.rows
        let ranked = record.trials.dropFirst().compactMap { trial -> (number: Int, isFull: Bool, mean: Double)? in
            guard let mean = trial.mean(of: .val, in: rows) else { return nil }
            guard trial.coverageSoFar(of: .val, in: rows) >= record.facts.minCoverage else { return nil }
            return (trial.number, trial.isTold(of: .val, in: rows), mean)
        }.sorted { left, right in
            if left.isFull != right.isFull { return left.isFull }
            return left.mean == right.mean ? left.number < right.number : left.mean > right.mean
        }
        return ranked.prefix(Self.confirmed).map(\.number)
    }

    /// While at most one more trial can join the fully searched ones, the best of them is sure of its place among the two
    /// that are confirmed: its confirmation fills the slots that the search's last choice leaves idle.
    private mutating func confirmAhead() -> PlanStep? {
        guard let others = strategy.fullEvaluationsToCome(record), others <= Self.confirmed - 1,
            let best = shortlist().first, record.trials[best].isTold(of: .val, in: strategy.rows)
        else { return nil }
        return confirm(best, priority: 1)
    }

    private mutating func confirm(_ number: Int, priority: Int = 0) -> PlanStep? {
        let fresh = record.trials[number].unplanned(of: .val, in: Array(0..<record.facts.valCount))
        guard !fresh.isEmpty else { return nil }
        return .issue(
            record.evaluate(number, on: .val, block: fresh, key: "confirm/t\(number)", stage: .confirm, priority: priority))
    }

    private mutating func finishConfirmation() -> PlanStep? {
        if let pending = record.oldestPending() { return .await(pending) }
        let winner = chooseWinner()
        phase = .test(winner: winner, record.facts.testCount == 0 ? [] : winner == 0 ? [0] : [0, winner])
        return nil
    }

    /// The highest mean over the examples that both have. Who is incomplete cannot win; the baseline wins ties.
    private func chooseWinner() -> Int {
        let complete = contenders.filter { record.estimate($0, on: .val).isComplete }
        let isBaselineJudged = record.estimate(0, on: .val).isComplete
        guard let first = isBaselineJudged ? 0 : complete.first else { return 0 }
        return complete.reduce(first) { champion, challenger in
            guard challenger != champion, let gain = average(record.differences(challenger, champion, on: .val)) else {
                return champion
            }
            return gain > 0 ? challenger : champion
        }
    }

    private mutating func finishTest(winner: Int) -> PlanStep? {
        if let pending = record.oldestPending() { return .await(pending) }
        let hasTest = record.facts.testCount > 0
        let baseline = record.estimate(0, on: .val)
        phase = .finished(
            PlanResult(
                finishReason: finishReason, bestTrial: winner, baselineVal: baseline, bestVal: record.estimate(winner, on: .val),
                baselineTest: hasTest ? record.estimate(0, on: .test) : nil,
                bestTest: hasTest ? record.estimate(winner, on: .test) : nil,
                gainInterval: hasTest ? pairedInterval(record.differences(winner, 0, on: .test)) : nil,
                isBaselineJudged: baseline.isComplete, notes: notes(baseline)))
        return nil
    }

    private func notes(_ baseline: Estimate) -> [String] {
        var notes: [String] = []
        if !baseline.isComplete {
            notes.append(
                "The uncompiled program cannot be judged: \(scored(baseline))."
            )
        }
        for number in contenders {
            let estimate = record.estimate(number, on: .val)
            if !estimate.isComplete {
                notes.append(
                    "Trial \(number) is incomplete and cannot win: \(scored(estimate))."
                )
            }
        }
        return notes
    }

    private func scored(_ estimate: Estimate) -> String {
        "\(estimate.examples) of \(record.facts.valCount) validation examples were scored"
    }
}
