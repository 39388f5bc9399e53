internal import JSON

extension ProgramRun {
    /// Runs the program in whatever state: alone or as an ensemble, with its own demos or with those nearest to the inputs.
    /// Never throws: every failure is classified in the result.
    func callAsFunction(_ inputs: JSONObject, in context: RunContext) async -> RunResult {
        guard let ensemble = context.state.ensemble else { return await runAlone(inputs, in: context) }
        let members = context.state.members
        let results = await withTaskGroup(of: (Int, RunResult).self) { group in
            for (index, state) in members.enumerated() {
                var context = context
                context.state = state
                // Each member draws for itself.
                context.rollout = index == 0 ? context.rollout : context.rollout.map { derived($0, index) }
                group.addTask { [context] in (index, await runAlone(inputs, in: context)) }
            }
            var results = [RunResult?](repeating: nil, count: members.count)
            for await (index, result) in group { results[index] = result }
            return results.compactMap(\.self)
        }
        return Self.joined(results, field: ensemble.field)
    }

    private func runAlone(_ inputs: JSONObject, in context: RunContext) async -> RunResult {
        guard let pool = context.state.nearestDemos else { return await runPlain(inputs, in: context) }
        do throws(ServiceError) {
            let (state, usage) = try await settled(pool, inputs, in: context)
            var context = context
            context.state = state
            var result = await runPlain(inputs, in: context)
            result.usage += usage
            return result
        } catch {
            return RunResult(outcome: .failure(RunFailure(error)), trace: [], usage: .zero)
        }
    }

    /// The state with the demos nearest to the inputs. The row whose trace is wanted is left out, and every other like it.
    private func settled(
        _ pool: NearestDemos, _ inputs: JSONObject, in context: RunContext
    ) async throws(ServiceError) -> (state: ProgramState, usage: UsageByRole) {
        guard let search = context.services.demoSearch else {
            throw ServiceError(
                .refused,
                "the program's demos are chosen by embeddings: name a model for them, such as "
                    + "'lm: {embedding: {model: openai/text-embedding-3-small}}'")
        }
        let hidden = Set(pool.rows.indices.filter { context.excludesDemo(pool.rows[$0].fields) })
        let found = try await search.rows(nearest: pool.text(of: inputs), in: pool, limit: pool.count + hidden.count)
        let chosen = Array(found.rows.filter { !hidden.contains($0) }.prefix(pool.count))
        var state = context.state
        state.nearestDemos = nil
        for path in state.paths { state[path]?.demos = pool.demos(of: chosen, at: path) }
        return (state, found.usage)
    }

    /// The first answer of the majority, with its trace. Who could not answer has no vote; without anybody's answer the first
    /// failure counts. Where the surroundings failed one, the whole has failed.
    private static func joined(_ results: [RunResult], field: String?) -> RunResult {
        var usage = UsageByRole.zero
        var assertions = AssertionCounts()
        for result in results {
            usage += result.usage
            assertions += result.assertions
        }
        func failure(_ result: RunResult) -> RunFailure? {
            if case .failure(let failure) = result.outcome { failure } else { nil }
        }
        let answers = results.compactMap { try? $0.outcome.get().fields }
        let chosen =
            results.first { failure($0).map { $0.fault != .program } ?? false }
            ?? majority(answers, field: field).flatMap { winner in
                results.first { (try? $0.outcome.get().fields) == winner }
            } ?? results.first
        guard var joined = chosen else { preconditionFailure("an ensemble has members") }
        (joined.usage, joined.assertions) = (usage, assertions)
        return joined
    }
}

extension AssertionCounts {
    fileprivate static func += (left: inout AssertionCounts, right: AssertionCounts) {
        left.backtracks += right.backtracks
        left.failedAsserts += right.failedAsserts
        left.failedSuggests += right.failedSuggests
        left.messages += right.messages
    }
}
