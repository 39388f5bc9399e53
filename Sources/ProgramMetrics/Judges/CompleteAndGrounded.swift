internal import JSON
internal import Programs

/// DSPy's CompleteAndGrounded: one judge says how much of the reference the response covers, another how much of the response
/// the retrieved context supports; the score is the harmonic mean. Instructions and descriptions are DSPy's.
struct CompleteAndGrounded: Metric {
    let question: String
    let field: String
    let label: String
    let context: JudgedValue
    private let completeness: Judge
    private let groundedness: Judge

    init(question: String, field: String, label: String, context: JudgedValue, model: (any LanguageModel)?) {
        self.question = question
        self.field = field
        self.label = label
        self.context = context
        completeness = Judge(Self.completenessPredictor, name: "completeness", model: model)
        groundedness = Judge(Self.groundednessPredictor, name: "groundedness", model: model)
    }

    private static var completenessPredictor: Predict {
        Predict(
            judging: "question, ground_truth, system_response -> ground_truth_key_ideas, system_response_key_ideas, discussion, "
                + "completeness: float",
            instructions: """
                Estimate the completeness of a system's responses, against the ground truth.
                You will first enumerate key ideas in each response, discuss their overlap, and then report completeness.
                """,
            descriptions: keyIdeas.merging(
                ["completeness": "fraction (out of 1.0) of ground truth covered by the system response"]) { $1 })
    }

    private static var groundednessPredictor: Predict {
        Predict(
            judging: "question, retrieved_context, system_response -> system_response_claims, discussion, groundedness: float",
            instructions: """
                Estimate the groundedness of a system's responses, against real retrieved documents written by people.
                You will first enumerate whatever non-trivial or check-worthy claims are made in the system response, and then
                discuss the extent to which some or all of them can be deduced from the retrieved context and basic commonsense.
                """,
            descriptions: [
                "system_response_claims": "enumeration of non-trivial or check-worthy claims in the system response",
                "discussion": "discussion of how supported the claims are by the retrieved context",
                "groundedness": "fraction (out of 1.0) of system response supported by the retrieved context",
            ])
    }

    func score(_ example: Example, _ prediction: Prediction, trace: [TraceStep]?) async throws -> MetricScore {
        let (question, response) = (try example.field(question), try prediction.field(field))
        let (reference, context) = (try example.field(label), try context.value(example, prediction))
        let complete = try await completeness.answer([
            "question": question, "ground_truth": reference, "system_response": response,
        ])
        do {
            let grounded = try await groundedness.answer([
                "question": question, "retrieved_context": context, "system_response": response,
            ])
            let (completeShare, groundedShare) = (try complete.share("completeness"), try grounded.share("groundedness"))
            let reasons = [complete, grounded].compactMap { $0.fields["discussion"]?.stringValue }
            return MetricScore(
                score: Comparison.harmonicMean(groundedShare, completeShare),
                feedback: "completeness \(completeShare), groundedness \(groundedShare). \(reasons.joined(separator: " "))",
                usage: complete.usage + grounded.usage)
        } catch {
            throw metricFailure(error, usage: complete.usage)
        }
    }
}
