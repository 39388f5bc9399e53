internal import JSON
internal import Programs

/// The share of equal parts of two JSON values: of the named fields, each compared in its own way, or of all their scalars.
struct JSONEquality: Metric {
    /// What is compared with what.
    enum Subject {
        /// An output with a label. Text is read as JSON.
        case field(String, label: String)
        /// All outputs with the fields of the same names.
        case outputs([String])
    }

    let subject: Subject
    /// By field; empty: the values are compared down to their scalars.
    let fields: [(name: String, compare: Comparison.Function)]
    let threshold: Double?

    func score(_ example: Example, _ prediction: Prediction, trace: [TraceStep]?) async throws -> MetricScore {
        let reference: JSON
        let answer: JSON?
        switch subject {
        case .field(let name, let label):
            let (given, expected) = (try prediction.field(name), try example.field(label))
            guard let parsed = Self.value(expected) else {
                throw MetricError("the label '\(label)' is not JSON: \(expected.serialized())")
            }
            (reference, answer) = (parsed, Self.value(given))
        case .outputs(let names):
            var expected = JSONObject()
            for name in names { expected[name] = try example.field(name) }
            (reference, answer) = (.object(expected), .object(prediction.fields.filter { names.contains($0) }))
        }
        guard let answer else { return MetricScore(score: 0, feedback: "the answer is not JSON") }
        return try (fields.isEmpty ? whole(answer, reference) : byField(answer, reference)).reaching(threshold)
    }

    private static func value(_ value: JSON) -> JSON? {
        guard let text = value.stringValue else { return value }
        return try? JSON(parsing: text)
    }

    private func whole(_ answer: JSON, _ reference: JSON) -> MetricScore {
        let agreement = JSONAgreement(answer, reference)
        let paths = agreement.differing.map { $0.steps.isEmpty ? "the whole value" : "\($0)" }
        return MetricScore(score: agreement.share, feedback: Self.feedback(paths))
    }

    private func byField(_ answer: JSON, _ reference: JSON) throws(MetricError) -> MetricScore {
        var sum = 0.0
        var wrong: [String] = []
        for (name, compare) in fields {
            guard let expected = reference[name] else { throw MetricError("the label has no '\(name)'") }
            let score: Double = if let given = answer[name] { try compare(given, expected) } else { 0 }
            sum += score
            if score < 1 { wrong.append(name) }
        }
        return MetricScore(score: sum / Double(fields.count), feedback: Self.feedback(wrong))
    }

    private static func feedback(_ wrong: [String]) -> String? {
        guard !wrong.isEmpty else { return nil }
        let more = wrong.count - 20
        return "differs in " + wrong.prefix(20).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }
}
