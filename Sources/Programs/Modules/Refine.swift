public import JSON

/// Like ``BestOfN``, but between two tries the model is asked what each predictor should do better; the next try is given
/// that as a further input `hint_`.
public struct Refine: ComposedModule {
    /// What is asked.
    public let module: any Module
    private let tries: Tries
    private let goal: String?

    /// - Parameters:
    ///   - failureLimit: how many tries may fail; nil: all but one.
    ///   - goal: what the reward measures, in words for the adviser.
    ///   - reward: how good an answer to the inputs is. An error that it throws makes the try a failed one.
    public init(
        _ module: any Module, n: Int, threshold: Double = 1, failureLimit: Int? = nil, goal: String? = nil,
        reward: @escaping @Sendable (JSONObject, Prediction) async throws -> Double
    ) {
        self.module = module
        self.goal = goal
        tries = Tries(module: module, count: n, threshold: threshold, failureLimit: failureLimit ?? n, reward: reward)
    }

    var parts: [(name: String, part: any Module)] { [("module", module)] }

    /// - Throws: a ``RunFailure``: the last try's, where too many failed.
    public func forward(_ inputs: JSONObject) async throws -> Prediction {
        let scope = RunScope.active(for: self)
        return try await tries.best(of: inputs, in: scope) { ended in
            let adviser = Adviser(predictors: PredictorTree(of: module).nodes, goal: goal, threshold: tries.threshold)
            return try await adviser.hints(after: ended, inputs: inputs, in: scope)
        }
    }
}
