internal import Programs

/// A metric that a user wrote in Swift; what it throws is sorted by whose fault it was.
struct RegisteredMetric: Metric {
    let name: String
    let metric: (any Metric)?

    func score(_ example: Example, _ prediction: Prediction, trace: [TraceStep]?) async throws -> MetricScore {
        guard let metric else { throw MetricServiceError(.refused, "no metric '\(name)' is registered in this executable") }
        do {
            return try await metric.score(example, prediction, trace: trace)
        } catch {
            throw metricFailure(error)
        }
    }
}
