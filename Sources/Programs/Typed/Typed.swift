public import JSON

/// Any module as one whose answers are values of a signature type.
///
///     let classify = Typed<Classify>(Predict(Classify.signature))    // the same as Classify.predict()
public struct Typed<Answer: TypedSignature>: TypedModule, ComposedModule {
    /// What answers; its predictors have the paths that they would have without this layer.
    public let module: any Module

    /// - Parameter module: takes the inputs of `Answer` and gives its outputs.
    public init(_ module: any Module) { self.module = module }

    var parts: [(name: String, part: any Module)] { [("", module)] }

    /// - Throws: a ``RunFailure``.
    public func forward(_ inputs: JSONObject) async throws -> Prediction { try await module.forward(inputs) }
}

extension Typed {
    /// Asks up to `n` times and keeps the answer with the greatest reward, see ``BestOfN``.
    /// - Parameter reward: how good an answer is, its question included.
    public func best(
        of n: Int, threshold: Double = 1, failureLimit: Int? = nil, reward: @escaping @Sendable (Answer) async throws -> Double
    ) -> Typed {
        Typed(
            BestOfN(self, n: n, threshold: threshold, failureLimit: failureLimit) { inputs, prediction in
                try await reward(Answer(values: inputs.merging(prediction.fields)))
            })
    }

    /// Like ``best(of:threshold:failureLimit:reward:)``, with advice between the tries, see ``Refine``.
    /// - Parameter goal: what the reward measures, in words for the adviser.
    public func refined(
        upTo n: Int, threshold: Double = 1, failureLimit: Int? = nil, goal: String? = nil,
        reward: @escaping @Sendable (Answer) async throws -> Double
    ) -> Typed {
        Typed(
            Refine(self, n: n, threshold: threshold, failureLimit: failureLimit, goal: goal) { inputs, prediction in
                try await reward(Answer(values: inputs.merging(prediction.fields)))
            })
    }
}
