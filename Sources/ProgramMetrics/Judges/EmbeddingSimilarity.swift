internal import JSON
internal import Programs

/// The cosine of the angle between the embeddings of answer and reference, no less than 0; the best of several references.
struct EmbeddingSimilarity: Metric {
    let field: String
    let label: String
    let threshold: Double?
    let model: (any EmbeddingModel)?

    func score(_ example: Example, _ prediction: Prediction, trace: [TraceStep]?) async throws -> MetricScore {
        let (answer, label) = (try prediction.field(field), try example.field(label))
        let references = (label.arrayValue ?? [label]).map(Self.text)
        guard !references.isEmpty else { throw MetricError("the label '\(self.label)' is an empty list") }
        guard let model else { throw MetricServiceError(.refused, "the metric needs an embedding model; set lm.embedding") }
        let response: EmbeddingResponse
        do throws(LanguageModelError) {
            response = try await model.embed([Self.text(answer)] + references)
        } catch {
            throw metricFailure(error, usage: UsageByRole(.embedding, error.usage))
        }
        let (vectors, usage) = (response.vectors, UsageByRole(.embedding, response.usage))
        guard vectors.count == references.count + 1, vectors.allSatisfy({ $0.count == vectors[0].count }) else {
            throw MetricServiceError(
                .infrastructure, "the embedding model did not answer with one vector per text, all of one length", usage: usage)
        }
        let best = vectors.dropFirst().map { Self.cosine(vectors[0], $0) }.max() ?? 0
        return MetricScore(score: min(1, max(0, best)), usage: usage).reaching(threshold)
    }

    private static func text(_ value: JSON) -> String { Comparison.text(value) ?? value.serialized(.python) }

    /// 0 where a vector has no direction.
    static func cosine(_ a: [Float], _ b: [Float]) -> Double {
        var (dot, squareA, squareB) = (0.0, 0.0, 0.0)
        for (x, y) in zip(a, b) {
            dot += Double(x) * Double(y)
            squareA += Double(x) * Double(x)
            squareB += Double(y) * Double(y)
        }
        let length = squareA.squareRoot() * squareB.squareRoot()
        return length > 0 ? dot / length : 0
    }
}
