internal import JSON
internal import Programs

extension GEPA {
    /// The next move of an iteration whose decisions are told; nil where none of them needs a decision, or it has ended.
    mutating func advance(at index: Int, _ record: inout PlanRecord) -> Decision? {
        switch iterations[index].stage {
        case .parentRuns: return reflect(at: index, &record)
        case .proposal(let paths): return runChild(at: index, paths: paths, &record)
        case .childRuns(let state):
            guard isBetter(state, at: index) else { return end(index) }
            return evaluate(addTrial(of: state, at: index, &record), at: index, &record)
        case .check(let trial):
            let isAccepted = holds(trial, at: index, record)
            merging.tried(isAccepted: isAccepted)
            return isAccepted ? evaluate(trial, at: index, &record) : end(index)
        case .evaluation(let trial):
            let isMerge = iterations[index].parents.count > 1
            population.add(
                trial: trial, state: record.trials[trial].candidate.state, parents: iterations[index].parents,
                scores: rows.map { record.trials[trial].score($0, of: .val) })
            if !isMerge { merging.memberJoined() }
            return end(index)
        }
    }

    private mutating func end(_ index: Int) -> Decision? {
        let iteration = iterations.remove(at: index)
        idle = iteration.spent == 0 ? idle + 1 : 0
        return nil
    }

    // MARK: Reflection

    /// Runs a state on the iteration's minibatch; nil where all of it is known or under way.
    mutating func run(_ state: ProgramState, as role: String, at index: Int, _ record: inout PlanRecord) -> Decision? {
        let iteration = iterations[index]
        let candidate = Candidate(state).id
        let open = rollouts.open(iteration.rows, of: candidate)
        iterations[index].reserved -= iteration.rows.count
        var decision: Decision?
        if !open.isEmpty {
            decision = record.trace(state, examples: open, key: "i\(iteration.number)/\(role)")
            rollouts.begin(open, of: candidate, decision: record.lastDecision)
            count(open.count, at: index)
        }
        iterations[index].waits = rollouts.sources(of: iteration.rows, of: candidate)
        return decision
    }

    private mutating func count(_ calls: Int, at index: Int) {
        iterations[index].spent += calls
        spent += calls
    }

    /// Asks for new instructions, unless there is nothing to learn.
    private mutating func reflect(at index: Int, _ record: inout PlanRecord) -> Decision? {
        let iteration = iterations[index]
        let state = population.members[iteration.parents[0]].state
        let attempts = self.attempts(of: state, on: iteration.rows)
        let isPerfect = attempts.allSatisfy { score($0.attempt).map { $0 >= settings.perfectScore } ?? false }
        if settings.skipPerfectScore, isPerfect { return end(index) }
        let chosen = population.predictors(
            of: iteration.parents[0], by: settings.componentSelection, count: facts.predictors.count)
        var calls: [ProposalCall] = []
        var paths: [String] = []
        for predictor in chosen.map({ facts.predictors[$0] }) {
            let reflection = Reflection(
                predictor: predictor, instructions: state[predictor.path]?.instructions ?? predictor.signature.instructions,
                attempts: attempts, showsFailures: settings.addFormatFailureAsFeedback)
            guard let call = reflection.call(key: "reflect/i\(iteration.number)/\(predictor.path)", seed: facts.seed) else {
                continue
            }
            calls.append(call)
            paths.append(predictor.path)
        }
        if calls.isEmpty { return end(index) }
        let decision = record.propose(calls, step: "i\(iteration.number)")
        iterations[index].stage = .proposal(paths: paths)
        iterations[index].waits = [record.lastDecision]
        return decision
    }

    /// Runs what the model has made of the parent, unless it was tried before.
    private mutating func runChild(at index: Int, paths: [String], _ record: inout PlanRecord) -> Decision? {
        var state = population.members[iterations[index].parents[0]].state
        let outputs = iterations[index].waits.first.flatMap { answers.removeValue(forKey: $0) } ?? []
        for (path, output) in zip(paths, outputs) {
            let text = cleanedInstruction(output?[Reflection.output]?.stringValue ?? "")
            if !text.isEmpty { state[path]?.instructions = text }
        }
        guard seen.insert(Candidate(state).id).inserted else { return end(index) }
        iterations[index].stage = .childRuns(state)
        return run(state, as: "child", at: index, &record)
    }

    /// Whether the child's sum over the minibatch is above its parent's. A row that either lacks a score of does not count.
    private func isBetter(_ state: ProgramState, at index: Int) -> Bool {
        let iteration = iterations[index]
        let parent = population.members[iteration.parents[0]].state
        let gains = zip(attempts(of: state, on: iteration.rows), attempts(of: parent, on: iteration.rows)).compactMap {
            child, parent -> Double? in
            guard let new = score(child.attempt), let old = score(parent.attempt) else { return nil }
            return new - old
        }
        return gains.reduce(0, +) > 0
    }

    private func attempts(of state: ProgramState, on rows: [Int]) -> [(row: JSONObject, attempt: Attempt)] {
        let candidate = Candidate(state).id
        return rows.compactMap { row in rollouts.attempt(row, of: candidate).map { (facts.train[row], $0) } }
    }

    /// nil where it is missing.
    private func score(_ attempt: Attempt) -> Double? {
        switch attempt.outcome {
        case .scored(let score): score.isFinite ? score : nil
        case .programError: facts.failureScore
        case .metricError, .infrastructureError: nil
        }
    }

    // MARK: Merging

    mutating func begin(_ merge: Merge, _ check: [Int], number: Int, _ record: inout PlanRecord) -> Decision? {
        iterations.append(
            Iteration(
                number: number, parents: [merge.first, merge.second], rows: check, stage: .parentRuns, reserved: rows.count))
        let index = iterations.count - 1
        let trial = addTrial(of: merge.state, at: index, &record)
        iterations[index].stage = .check(trial: trial)
        return search(trial, block: check, at: index, &record)
    }

    /// Whether the merged candidate is on the checked rows at least as good as either parent.
    private func holds(_ trial: Int, at index: Int, _ record: PlanRecord) -> Bool {
        let iteration = iterations[index]
        let parents = iteration.parents.map { population.members[$0].scores }
        var merged = 0.0
        var sums = parents.map { _ in 0.0 }
        var isJudged = false
        for row in iteration.rows {
            let old = parents.compactMap { $0[row] }
            guard let new = record.trials[trial].score(row, of: .val), old.count == parents.count else { continue }
            isJudged = true
            merged += new
            for (parent, score) in old.enumerated() { sums[parent] += score }
        }
        return isJudged && sums.allSatisfy { merged >= $0 }
    }

    // MARK: Evaluation

    private mutating func addTrial(of state: ProgramState, at index: Int, _ record: inout PlanRecord) -> Int {
        let parents = iterations[index].parents.map { population.members[$0] }
        let names = parents.map { "trial \($0.trial)" }.joined(separator: " and ")
        let changed = state.paths.filter { state[$0] != parents[0].state[$0] }.joined(separator: ", ")
        let provenance = parents.count > 1 ? "merge of \(names)" : "reflection on \(changed) of \(names)"
        return record.trial(of: state, params: numbers.params(of: state), provenance: provenance)
    }

    private mutating func evaluate(_ trial: Int, at index: Int, _ record: inout PlanRecord) -> Decision? {
        iterations[index].stage = .evaluation(trial: trial)
        iterations[index].reserved = 0
        return search(trial, block: rows, at: index, &record)
    }

    /// nil where all of the block is known.
    private mutating func search(_ trial: Int, block: [Int], at index: Int, _ record: inout PlanRecord) -> Decision? {
        let fresh = record.trials[trial].unplanned(of: .val, in: block)
        iterations[index].waits = []
        guard !fresh.isEmpty else { return nil }
        let decision = record.search(trial, block: fresh)
        iterations[index].waits = [record.lastDecision]
        count(fresh.count, at: index)
        return decision
    }
}
