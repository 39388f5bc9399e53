internal import JSON
internal import Programs

/// 1 when one of the passages that the program gave holds one of the right answers, word by word. An answer that normalises to
/// nothing stands in no passage.
struct PassageMatch: Metric {
    /// The output that holds the passages: a list of texts, or one text.
    let passages: String
    let label: String

    func score(_ example: Example, _ prediction: Prediction, trace: [TraceStep]?) async throws -> MetricScore {
        let answers = try texts(try example.field(label)) {
            MetricError("the label '\(label)' is a text or a list of texts, not \($0.serialized())")
        }
        guard !answers.isEmpty else { throw MetricError("the label '\(label)' is an empty list") }
        let found = try texts(try prediction.field(passages)) {
            MetricError("'\(passages)' is a list of passages, each a text, not \($0.serialized())")
        }
        let wanted = answers.map(passageTokens)
        let isFound = found.contains { passage in
            let tokens = passageTokens(passage)
            return wanted.contains { Comparison.holds(tokens, $0) }
        }
        return MetricScore(score: isFound ? 1 : 0, feedback: isFound ? nil : "no passage holds \(named(answers))")
    }

    private func named(_ answers: [String]) -> String { answers.prefix(10).map { "'\($0)'" }.joined(separator: " or ") }

    private func texts(_ value: JSON, otherwise error: (JSON) -> MetricError) throws(MetricError) -> [String] {
        var texts: [String] = []
        for element in value.arrayValue ?? [value] {
            guard let text = Comparison.text(element) else { throw error(element) }
            texts.append(text)
        }
        return texts
    }
}
