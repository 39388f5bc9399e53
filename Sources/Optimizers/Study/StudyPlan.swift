internal import JSON

/// The frame of a study: baseline → the strategy's stages → confirm → test.
package struct StudyPlan: Plan {
    package static let version = 8

    private enum Phase: Sendable {
        case baseline
        case restOfBaseline
        case search
        /// With the trials still to be confirmed.
        case confirm([Int])
        /// What only a trial that is compared lacks is tried again, once; with the trials to look at.
        case retry([Int])
        /// With the winner and the trials still to be tested.
        case test(winner: Int, [Int])
        case finished(PlanResult)
    }

    private var record: PlanRecord
    private var strategy: any SearchStrategy
    private var phase = Phase.baseline
    private var awaited: Int?
    private var finishReason = FinishReason.trials
    private var contenders: [Int] = []
    private var stop = Stop.none
    private var patience: Patience

    /// How far a stop from outside has come.
    private enum Stop: Sendable {
        case none
        /// To be recorded with the next decision.
        case demanded(FinishReason)
        /// The strategy is asked for nothing more.
        case recorded(FinishReason)
    }
    /// The reason of a stop that came after the search.
    private var lateStop: FinishReason?

    package init(_ facts: StudyFacts) {
        record = PlanRecord(facts: facts)
        strategy = facts.settings.makeStrategy(facts)
        patience = Patience(limit: facts.settings.patience)
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
        if case .evaluated = outcome {
            if case .search = phase, patience.isLimited { patience.look(at: strategy.contenders(record).first) }
        } else {
            strategy.tell(outcome, of: decision)
        }
    }

    package mutating func stop(_ reason: FinishReason) {
        guard case .none = stop else { return }
        if case .finished = phase { return }
        stop = .demanded(reason)
    }

    package var examplesToEnd: Int {
        let facts = record.facts
        return switch phase {
        case .baseline: 2 * facts.valCount + 2 * facts.testCount
        case .restOfBaseline, .search: record.pendingRuns() + examplesToConfirm + 2 * facts.testCount
        case .confirm, .retry: record.pendingRuns() + 2 * facts.testCount
        case .test, .finished: record.pendingRuns()
        }
    }

    /// At worst the best trial so far is overtaken by one that has hardly been run. Only where full evaluations decide is the best of
    /// them sure to stand before whoever has fewer rows.
    private var examplesToConfirm: Int {
        func isFull(_ number: Int) -> Bool { record.trials[number].isTold(of: .val, in: strategy.rows) }
        let contenders = strategy.mayChooseAnyTrial ? [] : strategy.contenders(record)
        if let best = contenders.first, isFull(best) {
            // A search that ends by itself confirms two; and another one may yet be evaluated on all rows of the search.
            return max(
                contenders.filter(isFull).reduce(0) { $0 + rowsLeft($1) }, record.facts.valCount - strategy.rows.count)
        }
        return record.trials.indices.dropFirst().map(rowsLeft).max() ?? record.facts.valCount
    }

    /// How many validation rows a trial has not been asked about.
    private func rowsLeft(_ number: Int) -> Int { record.facts.valCount - record.asked(number, of: .val) }

    package var beliefs: [TrialBelief] { strategy.beliefs(record) }

    package var width: Int? { strategy.width }

    /// One move; nil when only the phase changed.
    private mutating func advance() -> PlanStep? {
        if let decision = recordLateStop() { return .issue(decision) }
        switch phase {
        case .baseline: return startBaseline()
        case .restOfBaseline: return finishBaseline()
        case .search: return search()
        case .confirm(var remaining):
            if remaining.isEmpty { return endConfirmation() }
            let number = remaining.removeFirst()
            phase = .confirm(remaining)
            return confirm(number)
        case .retry(var remaining):
            // What a spent budget has refused once it would refuse again.
            if remaining.isEmpty || lateStop != nil { return finishConfirmation() }
            let number = remaining.removeFirst()
            phase = .retry(remaining)
            return retry(number)
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

    private mutating func search() -> PlanStep? {
        if case .demanded(let reason) = stop {
            stop = .recorded(reason)
            return .issue(record.stop(reason))
        }
        if let reason = interruption {
            if let pending = record.oldestPending(of: [.bootstrap, .propose, .search]) { return .await(pending) }
            return endSearch(reason)
        }
        switch strategy.next(&record) {
        case .issue(let decision): return .issue(decision)
        case .await(let decision): return confirmAhead() ?? .await(decision)
        case .done(let reason): return endSearch(reason)
        }
    }

    /// Records a stop that comes when the search has ended: what was asked for stays asked for, and where rows of it are missing in
    /// the end, the stop is why.
    private mutating func recordLateStop() -> Decision? {
        guard case .demanded(let reason) = stop else { return nil }
        let stage: Stage
        switch phase {
        case .baseline, .restOfBaseline, .search, .finished: return nil
        case .confirm, .retry: stage = .confirm
        case .test: stage = .test
        }
        stop = .recorded(reason)
        lateStop = reason
        return record.stop(reason, in: stage)
    }

    /// Why the strategy is not asked any more, though it has not ended.
    private var interruption: FinishReason? {
        if case .recorded(let reason) = stop { return reason }
        return patience.isOver ? .noImprovement : nil
    }

    private mutating func endSearch(_ reason: FinishReason) -> PlanStep? {
        finishReason = reason
        contenders = strategy.contenders(record)
        if case .recorded = stop {
            // A budget has kept room for one confirmation: beside the best, whoever costs nothing.
            let best = contenders.first
            contenders = contenders.filter { $0 == best || rowsLeft($0) == 0 }
        }
        phase = .confirm(contenders)
        return nil
    }

    /// While at most one more trial can join the fully searched ones, the best of them is sure of its place among the two
    /// that are confirmed: its confirmation fills the slots that the search's last choice leaves idle.
    private mutating func confirmAhead() -> PlanStep? {
        guard let others = strategy.fullEvaluationsToCome(record), others <= 1,
            let best = strategy.contenders(record).first, record.trials[best].isTold(of: .val, in: strategy.rows)
        else { return nil }
        return confirm(best, priority: 1)
    }

    private mutating func confirm(_ number: Int, priority: Int = 0) -> PlanStep? {
        let fresh = record.trials[number].unplanned(of: .val, in: Array(0..<record.facts.valCount))
        guard !fresh.isEmpty else { return nil }
        return .issue(
            record.evaluate(number, on: .val, block: fresh, key: "confirm/t\(number)", stage: .confirm, priority: priority))
    }

    private mutating func endConfirmation() -> PlanStep? {
        if let pending = record.oldestPending() { return .await(pending) }
        phase = .retry([0] + contenders.filter { $0 != 0 })
        return nil
    }

    /// What failed for this trial and not for others says little of its program.
    private mutating func retry(_ number: Int) -> PlanStep? {
        let rows = record.lacking(number, on: .val)
        guard !rows.isEmpty else { return nil }
        return .issue(
            record.evaluate(number, on: .val, block: rows, key: "retry/t\(number)", stage: .confirm, isRetry: true))
    }

    private mutating func finishConfirmation() -> PlanStep? {
        if let pending = record.oldestPending() { return .await(pending) }
        let winner = chooseWinner()
        phase = .test(winner: winner, record.facts.testCount == 0 ? [] : winner == 0 ? [0] : [0, winner])
        return nil
    }

    /// The highest mean over the examples that both have; of equals the simpler program, before all the uncompiled one. Who
    /// is incomplete cannot win.
    ///
    /// Whoever was run on all rows by the way takes part: that costs nothing, and the contenders may be so by a belief only.
    private func chooseWinner() -> Int {
        let rows = Array(0..<record.facts.valCount)
        let others = record.trials.indices.dropFirst().filter { number in
            !contenders.contains(number) && record.trials[number].isTold(of: .val, in: rows)
        }
        let complete = (contenders + others).filter { record.estimate($0, on: .val).isComplete }
        let isBaselineJudged = record.estimate(0, on: .val).isComplete
        guard let first = isBaselineJudged ? 0 : complete.first else { return 0 }
        return complete.reduce(first) { champion, challenger in
            guard challenger != champion, let gain = average(record.differences(challenger, champion, on: .val)) else {
                return champion
            }
            if gain == 0, champion != 0 {
                return record.length(of: challenger) < record.length(of: champion) ? challenger : champion
            }
            return gain > 0 ? challenger : champion
        }
    }

    private mutating func finishTest(winner: Int) -> PlanStep? {
        if let pending = record.oldestPending() { return .await(pending) }
        var result = record.result(winner: winner, contenders: contenders, reason: finishReason, lateStop: lateStop)
        result.notes += strategy.notes
        phase = .finished(result)
        return nil
    }
}
