internal import Programs

/// The mean of several metrics by their weights.
struct WeightedSum: Metric {
    struct Part: Sendable {
        var name: String
        /// Above 0; only its share of all weights counts.
        var weight: Double
        var metric: any Metric
    }

    let parts: [Part]
    let threshold: Double?

    func score(_ example: Example, _ prediction: Prediction, trace: [TraceStep]?) async throws -> MetricScore {
        var sum = 0.0
        var usage = UsageByRole.zero
        var feedback: [String] = []
        for part in parts {
            let score: MetricScore
            do {
                score = try await part.metric.score(example, prediction, trace: trace)
            } catch {
                throw metricFailure(error, usage: usage)
            }
            sum += part.weight * score.score
            usage += score.usage
            feedback.append("\(part.name): \(score.score)\(score.feedback.map { ". \($0)" } ?? "")")
        }
        let mean = sum / parts.reduce(0) { $0 + $1.weight }
        return MetricScore(score: mean, feedback: feedback.joined(separator: "\n"), usage: usage).reaching(threshold)
    }
}
