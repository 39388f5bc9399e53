public import JSON

/// Asks a module several times and keeps the answer with the greatest reward.
///
///     let short = BestOfN(ChainOfThought("question -> answer"), n: 3) { _, prediction in
///         prediction["answer"]?.stringValue?.contains(" ") == true ? 0 : 1
///     }
///
/// The tries run one after the other, each as a draw of its own at temperature 1, until one reaches the threshold. A try that
/// fails, also by an assertion, is a lost try. Only the best one's calls are in the run's trace; all of them are in its usage.
public struct BestOfN: ComposedModule {
    /// What is asked.
    public let module: any Module
    private let tries: Tries

    /// - Parameters:
    ///   - failureLimit: how many tries may fail; nil: all but one.
    ///   - reward: how good an answer to the inputs is. An error that it throws makes the try a failed one.
    public init(
        _ module: any Module, n: Int, threshold: Double = 1, failureLimit: Int? = nil,
        reward: @escaping @Sendable (JSONObject, Prediction) async throws -> Double
    ) {
        self.module = module
        tries = Tries(module: module, count: n, threshold: threshold, failureLimit: failureLimit ?? n, reward: reward)
    }

    var parts: [(name: String, part: any Module)] { [("module", module)] }

    /// - Throws: a ``RunFailure``: the last try's, where too many failed.
    public func forward(_ inputs: JSONObject) async throws -> Prediction {
        try await tries.best(of: inputs, in: RunScope.active(for: self))
    }
}
