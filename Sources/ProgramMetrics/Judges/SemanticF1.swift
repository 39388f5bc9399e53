internal import JSON
internal import Programs

/// DSPy's SemanticF1: a judge says how much of the reference the response covers (recall) and how much of the response the
/// reference covers (precision); the score is their harmonic mean. Instructions and descriptions are DSPy's.
struct SemanticF1: Metric {
    let question: String
    let field: String
    let label: String
    private let judge: Judge

    init(question: String, field: String, label: String, isDecompositional: Bool, model: (any LanguageModel)?) {
        self.question = question
        self.field = field
        self.label = label
        judge = Judge(isDecompositional ? Self.decompositional : Self.plain, name: "semantic_f1", model: model)
    }

    private static var shares: [String: String] {
        [
            "recall": "fraction (out of 1.0) of ground truth covered by the system response",
            "precision": "fraction (out of 1.0) of system response covered by the ground truth",
        ]
    }

    private static var plain: Predict {
        Predict(
            judging: "question, ground_truth, system_response -> recall: float, precision: float",
            instructions: """
                Compare a system's response to the ground truth to compute its recall and precision.
                If asked to reason, enumerate key ideas in each response, and whether they are present in the other response.
                """,
            descriptions: shares)
    }

    private static var decompositional: Predict {
        Predict(
            judging: "question, ground_truth, system_response -> ground_truth_key_ideas, system_response_key_ideas, discussion, "
                + "recall: float, precision: float",
            instructions: """
                Compare a system's response to the ground truth to compute recall and precision of key ideas.
                You will first enumerate key ideas in each response, discuss their overlap, and then report recall and precision.
                """,
            descriptions: shares.merging(keyIdeas) { $1 })
    }

    func score(_ example: Example, _ prediction: Prediction, trace: [TraceStep]?) async throws -> MetricScore {
        let answer = try await judge.answer([
            "question": try example.field(question), "ground_truth": try example.field(label),
            "system_response": try prediction.field(field),
        ])
        let (recall, precision) = (try answer.share("recall"), try answer.share("precision"))
        return MetricScore(
            score: Comparison.harmonicMean(precision, recall),
            feedback: "recall \(recall), precision \(precision). \(answer.fields["reasoning"]?.stringValue ?? "")",
            usage: answer.usage)
    }
}

/// What DSPy's judges are told of the key ideas that they are to list.
let keyIdeas = [
    "ground_truth_key_ideas": "enumeration of key ideas in the ground truth",
    "system_response_key_ideas": "enumeration of key ideas in the system response",
    "discussion": "discussion of the overlap between ground truth and system response",
]
