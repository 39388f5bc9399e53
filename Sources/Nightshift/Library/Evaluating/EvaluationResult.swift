public import Programs

/// How well a program did on some examples.
public struct EvaluationResult: Sendable {
    /// What became of one example.
    public struct Row: Sendable {
        /// The example.
        public var example: Example
        /// What the program answered, or why it did not.
        public var outcome: Result<Prediction, RunFailure>
        /// nil: missing data, since the surroundings failed or the metric could not judge.
        public var score: Double?
        /// Why, in the metric's words, or what went wrong.
        public var feedback: String?
    }

    /// In the order of the examples.
    public var rows: [Row]
    /// Of the program and the metric.
    public var usage: UsageByRole

    /// The mean over the examples that have a score; nil where none has.
    public var score: Double? {
        let scores = rows.compactMap(\.score)
        return scores.isEmpty ? nil : scores.reduce(0, +) / Double(scores.count)
    }

    /// How many examples have no score.
    public var missing: Int { rows.count { $0.score == nil } }
}
