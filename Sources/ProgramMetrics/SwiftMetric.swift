public import Programs

/// A metric written in Swift, under the name by which studies refer to it.
public struct SwiftMetric: Metric {
    public typealias Score = @Sendable (Example, Prediction, [TraceStep]?) async throws -> MetricScore

    public let name: String
    private let body: Score

    /// - Parameter score: what ``Metric/score(_:_:trace:)`` answers.
    public init(_ name: String, score: @escaping Score) {
        self.name = name
        body = score
    }

    public func score(_ example: Example, _ prediction: Prediction, trace: [TraceStep]?) async throws -> MetricScore {
        try await body(example, prediction, trace)
    }
}
