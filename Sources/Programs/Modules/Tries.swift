internal import JSON

/// Several tries of one module, of which the best counts.
struct Tries: Sendable {
    /// How good an answer to some inputs is; higher is better.
    typealias Reward = @Sendable (_ inputs: JSONObject, _ answer: Prediction) async throws -> Double

    /// One try that is over.
    struct Ended {
        let scope: RunScope
        let result: Result<(answer: Prediction, reward: Double), RunFailure>

        /// nil for a failed try.
        var reward: Double? { try? result.get().reward }

        /// Of equal ones the earlier is better.
        func isBetter(than other: Ended?) -> Bool {
            guard let other else { return true }
            guard let reward else { return false }
            return other.reward.map { reward > $0 } ?? true
        }
    }

    let module: any Module
    let count: Int
    let threshold: Double
    let failureLimit: Int
    let reward: Reward

    /// The answer of the first try with the greatest reward. Stops at the first one that reaches the threshold.
    /// - Parameter advise: asked between two tries for hints to the module's predictors; nil leaves them as they are.
    /// - Throws: what is no fault of the program, at once; the last failure where more than ``failureLimit`` tries failed, or
    ///   all.
    func best(
        of inputs: JSONObject, in scope: RunScope, advise: (Ended) async throws -> JSONObject? = { _ in nil }
    ) async throws -> Prediction {
        var best: Ended?
        var (failures, hints) = (0, scope.hints)
        for index in 0..<max(1, count) {
            var part = scope.tries(index, temperature: 1)
            part.hints = hints
            let ended = Ended(scope: part, result: await answer(to: inputs, in: part, outside: scope))
            var isLast = index >= count - 1
            switch ended.result {
            case .success(let (_, reward)):
                isLast = isLast || reward >= threshold
            case .failure(let failure):
                failures += 1
                if failure.fault != .program || failures > failureLimit || (isLast && best?.reward == nil) {
                    if let best { scope.adopt(best.scope, isKept: false) }
                    scope.adopt(part, isKept: true)
                    throw failure
                }
            }
            let isBetter = ended.isBetter(than: best)
            if let loser = isBetter ? best : ended { scope.adopt(loser.scope, isKept: false) }
            if isBetter { best = ended }
            if isLast { break }
            do { hints = try await advise(ended) ?? hints } catch {
                if let best { scope.adopt(best.scope, isKept: true) }
                throw error
            }
        }
        guard let best else { preconditionFailure("there is at least one try") }
        scope.adopt(best.scope, isKept: true)
        return try best.result.get().answer
    }

    private func answer(
        to inputs: JSONObject, in part: RunScope, outside scope: RunScope
    ) async -> Result<(answer: Prediction, reward: Double), RunFailure> {
        let recorder = part.recorder
        do {
            let answer = try await part.run { try await module.forward(inputs) }
            if let failure = recorder.missingData ?? recorder.failedAssert { return .failure(failure) }
            // What the reward asks is not the module's doing: no part of its trace, and not drawn as its tries are.
            let judging = scope.part(isTry: true)
            defer { part.adopt(judging, isKept: false) }
            let reward = try await judging.run { try await self.reward(inputs, answer) }
            if let failure = judging.recorder.missingData { return .failure(failure) }
            guard !reward.isNaN else { throw RunFailure(fault: .program, kind: "reward", message: "the reward is not a number") }
            return .success((answer, reward))
        } catch {
            let failure = RunFailure(error)
            recorder.note(failure)
            return .failure(recorder.missingData ?? failure)
        }
    }
}
