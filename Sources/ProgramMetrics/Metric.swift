public import Programs

/// How good an answer is: 0…1, higher is better.
public struct MetricScore: Sendable, Hashable {
    /// From 0 to 1; higher is better.
    public var score: Double
    /// Why, in words; reflective optimisers read it.
    public var feedback: String?
    /// What judging took in LM calls: the judge's, and those of embeddings.
    public var usage: UsageByRole

    /// A score, why, and what it took to find it.
    public init(score: Double, feedback: String? = nil, usage: UsageByRole = .zero) {
        self.score = score
        self.feedback = feedback
        self.usage = usage
    }
}

/// Scores a prediction against its example.
public protocol Metric: Sendable {
    /// - Parameter trace: the program's predictor calls where the caller has them.
    /// - Throws: when the example cannot be judged. A ``MetricError`` is missing data, not a score of zero; so is a
    ///   ``MetricServiceError``, after which the example is judged again elsewhere, or the study pauses.
    func score(_ example: Example, _ prediction: Prediction, trace: [TraceStep]?) async throws -> MetricScore
}

extension MetricScore {
    /// 1 or 0, by whether the score reaches `threshold`; the score itself without one.
    func reaching(_ threshold: Double?) -> MetricScore {
        guard let threshold else { return self }
        var copy = self
        copy.score = score >= threshold ? 1 : 0
        return copy
    }
}
