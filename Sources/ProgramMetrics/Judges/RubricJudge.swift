internal import JSON
internal import Programs

/// A judge model that scores by a rubric, on a scale that is mapped to 0…1. Its rationale is the feedback.
struct RubricJudge: Metric {
    /// What the judge is shown, by the names under which it sees them.
    let inputs: [(name: String, value: JudgedValue)]
    let scale: ClosedRange<Double>
    private let judge: Judge

    static let outputNames = ["rationale", "score"]

    /// - Throws: a ``SignatureError`` when two inputs, or an input and an output, have the same name.
    init(
        rubric: String, inputs: [(name: String, value: JudgedValue)], scale: ClosedRange<Double>, model: (any LanguageModel)?
    ) throws(SignatureError) {
        self.inputs = inputs
        self.scale = scale
        let signature = try Self.signature(rubric: rubric, inputs: inputs.map(\.name), scale: scale)
        judge = Judge(Predict(signature), name: "lm_judge", model: model)
    }

    /// The rationale comes first, so that the score follows from it.
    private static func signature(
        rubric: String, inputs: [String], scale: ClosedRange<Double>
    ) throws(SignatureError) -> Signature {
        let (least, most) = (bound(scale.lowerBound), bound(scale.upperBound))
        let outputs = [
            Field(name: outputNames[0], description: "why the score is what it is, by the rubric; what would have been better"),
            Field(
                name: outputNames[1], type: .float,
                description: "from \(least.serialized()) (worst) to \(most.serialized()) (best)",
                limits: FieldLimits(["ge": least, "le": most])),
        ]
        let task = "Judge by this rubric and give a score from \(least.serialized()) to \(most.serialized())."
        return try Signature(inputs: inputs.map { Field(name: $0) }, outputs: outputs, instructions: "\(task)\n\n\(rubric)")
    }

    /// Whole numbers are written without a fraction.
    private static func bound(_ value: Double) -> JSON { Int(exactly: value).map(JSON.int) ?? .double(value) }

    func score(_ example: Example, _ prediction: Prediction, trace: [TraceStep]?) async throws -> MetricScore {
        var given = JSONObject()
        for (name, value) in inputs { given[name] = try value.value(example, prediction) }
        let answer = try await judge.answer(given)
        let score = try answer.number("score")
        // A score off the scale does not say where on the scale the answer belongs.
        guard scale.contains(score) else {
            throw MetricError(
                "the judge gave \(score), which is not on the scale from \(scale.lowerBound) to \(scale.upperBound)",
                usage: answer.usage)
        }
        return MetricScore(
            score: (score - scale.lowerBound) / (scale.upperBound - scale.lowerBound),
            feedback: answer.fields["rationale"]?.stringValue, usage: answer.usage)
    }
}
