internal import JSON
internal import Programs

/// Why an example cannot be judged.
public struct MetricError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }
}

/// A metric that compares one output with one label.
struct FieldComparison: Metric {
    let field: String
    let label: String
    /// Score of an answer against one reference.
    let compare: @Sendable (_ answer: JSON, _ reference: JSON) throws(MetricError) -> Double

    func score(_ example: Example, _ prediction: Prediction, trace: [TraceStep]?) async throws -> MetricScore {
        guard let reference = example[label] else {
            throw MetricError("the example has no '\(label)'; it has \(example.fields.keys.joined(separator: ", "))")
        }
        guard let answer = prediction[field] else {
            throw MetricError("the prediction has no '\(field)'; it has \(prediction.fields.keys.joined(separator: ", "))")
        }
        return MetricScore(score: try best(answer, reference))
    }

    /// A label that is a list holds several right answers, unless the answer itself is a list.
    private func best(_ answer: JSON, _ reference: JSON) throws(MetricError) -> Double {
        guard case .array(let references) = reference else { return try compare(answer, reference) }
        if case .array = answer, !references.contains(where: { $0.arrayValue != nil }) { return answer == reference ? 1 : 0 }
        guard !references.isEmpty else { throw MetricError("the label '\(label)' is an empty list") }
        var best = 0.0
        for reference in references { best = max(best, try compare(answer, reference)) }
        return best
    }
}
