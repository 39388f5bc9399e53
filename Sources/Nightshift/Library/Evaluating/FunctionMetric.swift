public import ProgramMetrics
public import Programs

/// A function as a metric: 0…1, higher is better.
///
///     let short = FunctionMetric { example, prediction in
///         prediction["answer"]?.stringValue == example["answer"]?.stringValue ? 1 : 0
///     }
public struct FunctionMetric: Metric {
    private let function: @Sendable (Example, Prediction) async throws -> Double

    /// - Parameter score: what it throws makes the example one that can't be judged.
    public init(_ score: @escaping @Sendable (Example, Prediction) async throws -> Double) { function = score }

    /// What the function says.
    public func score(_ example: Example, _ prediction: Prediction, trace: [TraceStep]?) async throws -> MetricScore {
        MetricScore(score: try await function(example, prediction))
    }
}
