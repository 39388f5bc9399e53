public import JSON

/// Compares several attempts at a question and answers it anew.
///
/// Beside the signature's inputs it takes `completions`: a list of as many objects as it expects attempts, each with its
/// `reasoning` (or `rationale`) and the signature's last output.
public struct MultiChainComparison: ComposedModule {
    /// What the attempts answered, and what it answers.
    public let signature: Signature
    /// How many it compares.
    public let attempts: Int
    /// At which it compares.
    public let temperature: Double
    let predict: Predict

    /// - Throws: a ``SignatureError`` when the signature has no output, or a field named `rationale`, `completions` or
    ///   `reasoning_attempt_1`, `…_2`, ….
    public init(_ signature: Signature, attempts: Int = 3, temperature: Double = 0.7) throws(SignatureError) {
        guard !signature.outputs.isEmpty else { throw SignatureError("a comparison of answers needs an output to compare") }
        guard !signature.fields.contains(where: { $0.name == Self.completions }) else {
            throw SignatureError("'completions' is what a comparison compares; rename the field")
        }
        let shown = (0..<max(0, attempts)).map {
            Field(name: "reasoning_attempt_\($0 + 1)", description: "one attempt: its reasoning and its answer")
        }
        let rationale = Field(
            name: "rationale", description: "what is right and wrong in the attempts, and the reasoning that holds")
        self.signature = signature
        self.attempts = attempts
        self.temperature = temperature
        predict = Predict(
            try Signature(
                inputs: signature.inputs + shown, outputs: [rationale] + signature.outputs, instructions: signature.instructions))
    }

    /// - Precondition: `shorthand` is a valid signature, and as ``init(_:attempts:temperature:)`` demands.
    public init(_ shorthand: String, instructions: String? = nil, attempts: Int = 3, temperature: Double = 0.7) {
        do throws(SignatureError) {
            try self.init(Signature(literal: shorthand, instructions: instructions), attempts: attempts, temperature: temperature)
        } catch {
            preconditionFailure("MultiChainComparison(\"\(shorthand)\"): \(error)")
        }
    }

    private static let completions = "completions"

    var parts: [(name: String, part: any Module)] { [("predict", predict)] }

    var wholeSignature: Signature? {
        var whole = signature
        whole.inputs.append(Field(name: Self.completions, type: .list(nil)))
        return whole
    }

    /// - Throws: a ``RunFailure``.
    public func forward(_ inputs: JSONObject) async throws -> Prediction {
        guard let completions = inputs[Self.completions]?.arrayValue else {
            throw RunFailure(
                fault: .program, kind: "missing_input", message: "a comparison needs 'completions', a list of attempts")
        }
        guard completions.count == attempts else {
            throw RunFailure(
                fault: .program, kind: "completions",
                message: "a comparison of \(attempts) attempts got \(completions.count); give it as many as it expects")
        }
        let shown = completions.enumerated().map { ("reasoning_attempt_\($0.offset + 1)", JSON.string(summary(of: $0.element))) }
        var scope = RunScope.active(for: self)
        scope.context.temperature = temperature
        return try await scope.run { try await predict.forward(inputs.merging(JSONObject(shown))) }
    }

    /// An attempt in DSPy's words, of the first line of its reasoning and of its answer.
    private func summary(of completion: JSON) -> String {
        func line(_ value: JSON?) -> String {
            value.map(pythonText(of:))?.pythonStripped.pythonLines.first.map(\.pythonStripped) ?? ""
        }
        let reasoning = line(completion["rationale"] ?? completion["reasoning"])
        let answer = line(signature.outputs.last.flatMap { completion[$0.name] })
        return "«I'm trying to \(reasoning) I'm not sure but my prediction is \(answer)»"
    }
}
