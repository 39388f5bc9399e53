internal import JSON
internal import Programs

/// A metric that compares one output with one label.
struct FieldComparison: Metric {
    let field: String
    let label: String
    let threshold: Double?
    let compare: Comparison.Function

    func score(_ example: Example, _ prediction: Prediction, trace: [TraceStep]?) async throws -> MetricScore {
        let (answer, reference) = (try prediction.field(field), try example.field(label))
        let score = try Comparison.best(answer, reference, by: compare)
        return MetricScore(score: score, feedback: score < 1 ? mismatch(answer, reference) : nil).reaching(threshold)
    }
}

extension Example {
    func field(_ name: String) throws(MetricError) -> JSON {
        if let value = self[name] { return value }
        throw MetricError("the example has no '\(name)'; it has \(fields.keys.joined(separator: ", "))")
    }
}

extension Prediction {
    func field(_ name: String) throws(MetricError) -> JSON {
        if let value = self[name] { return value }
        throw MetricError("the prediction has no '\(name)'; it has \(fields.keys.joined(separator: ", "))")
    }
}
