public import JSON
public import ProgramMetrics
public import Programs

/// A metric as a study file names it.
///
///     let metric = try StandardMetric(["kind": "f1", "field": "answer", "threshold": 0.5])
public struct StandardMetric: Metric {
    private let metric: any Metric

    /// - Parameters:
    ///   - section: what stands under `metric:` in a study file, with its `field`.
    ///   - judge: the model that `lm_judge`, `semantic_f1` and `complete_and_grounded` ask.
    ///   - embedding: the model of `embedding_similarity`.
    /// - Throws: everything that is wrong with the section, or what it needs and was not given.
    public init(_ section: JSON, judge: (any LanguageModel)? = nil, embedding: (any EmbeddingModel)? = nil) throws(Diagnostics) {
        let outputs = ["field", "passages"].compactMap { section[$0]?.stringValue }
        metric = try ProgramMetrics.metric(
            section: section, outputs: outputs,
            services: MetricServices(judge: judge, embedding: embedding, registered: Registry.metrics))
    }

    /// - Throws: a `MetricError` where the example can't be judged, a `MetricServiceError` where a judge can't be asked.
    public func score(_ example: Example, _ prediction: Prediction, trace: [TraceStep]?) async throws -> MetricScore {
        try await metric.score(example, prediction, trace: trace)
    }
}

extension Metric where Self == StandardMetric {
    /// 1 where the output equals the example's field of that name after normalisation (case, articles, punctuation), else 0.
    /// Where the example has a list, any of its elements is right.
    public static func exactMatch(_ field: String) -> StandardMetric {
        do throws(Diagnostics) {
            return try StandardMetric(["kind": "exact_match", "field": .string(field)])
        } catch {
            preconditionFailure("exactMatch(\"\(field)\"): \(error)")
        }
    }
}
