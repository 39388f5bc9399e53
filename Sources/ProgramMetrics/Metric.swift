public import Programs

/// How good an answer is: 0…1, higher is better.
public struct MetricScore: Sendable, Hashable {
    public var score: Double
    /// Why, in words; reflective optimisers read it.
    public var feedback: String?

    public init(score: Double, feedback: String? = nil) {
        self.score = score
        self.feedback = feedback
    }
}

/// Scores a prediction against its example.
public protocol Metric: Sendable {
    /// - Parameter trace: the program's predictor calls where the caller has them.
    /// - Throws: when the example cannot be judged (a missing label); that is missing data, not a score of zero.
    func score(_ example: Example, _ prediction: Prediction, trace: [TraceStep]?) async throws -> MetricScore
}
