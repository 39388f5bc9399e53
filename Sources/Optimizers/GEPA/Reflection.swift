internal import JSON
internal import Programs
internal import Randomness

/// Has a model read what one predictor did on some training rows and what the metric said about it, and write new instructions.
struct Reflection: Sendable {
    let predictor: PredictorDescription
    /// What the predictor is told now.
    let instructions: String
    /// The training rows of the minibatch, with what came of them.
    let attempts: [(row: JSONObject, attempt: Attempt)]
    let showsFailures: Bool

    static let output = "new_instruction"

    /// The wording is ours; the fields are those of DSPy's InstructionProposer.
    private static let signature: Signature = {
        let inputs = [
            Field(name: "current_instruction", description: "what the assistant is told now"),
            Field(
                name: "examples_with_feedback", type: .list(.dict(.string, .any)),
                description: "what the assistant was given, what it answered, and what a judge said about each answer"),
        ]
        do {
            return try Signature(
                inputs: inputs, outputs: [Field(name: output, description: "the new instruction and nothing else")],
                instructions: """
                    An assistant follows an instruction, and some of its answers should be better. Read the instruction, \
                    what the assistant was given, what it answered and the feedback on every answer. Then write the \
                    instruction anew.

                    State what the assistant receives and what it must return. Find out why answers were wrong, and give a \
                    rule against each kind of mistake; keep what worked. Write down whatever facts about the subject the \
                    feedback shows: the assistant will see neither the examples nor the feedback. The instruction must hold \
                    for further inputs of the kind, not for these examples alone.
                    """)
        } catch {
            preconditionFailure("the field names above are distinct: \(error)")
        }
    }()

    /// nil where no run shows the predictor at work.
    func call(key: String, seed: UInt64) -> ProposalCall? {
        var generator = KeyedGenerator(seed: seed, purpose: "gepa/call/\(key)")
        let examples = attempts.compactMap { example($0.row, $0.attempt, &generator) }
        guard !examples.isEmpty else { return nil }
        return ProposalCall(
            key: key, signature: Self.signature,
            inputs: ["current_instruction": .string(instructions), "examples_with_feedback": .array(examples)], temperature: 1)
    }

    private func example(_ row: JSONObject, _ attempt: Attempt, _ generator: inout KeyedGenerator) -> JSON? {
        switch attempt.outcome {
        case .scored(let score):
            let calls = attempt.trace.filter { $0.path == predictor.path }
            guard !calls.isEmpty else { return nil }
            let call = calls[calls.count == 1 ? 0 : generator.below(calls.count)]
            return Self.example(
                call.inputs, .object(call.outputs), attempt.feedback ?? "This trajectory got a score of \(score).")
        case .programError: return showsFailures ? failure(row, attempt) : nil
        case .metricError, .infrastructureError: return nil
        }
    }

    /// A run that broke off at this predictor: the error's first line names it.
    private func failure(_ row: JSONObject, _ attempt: Attempt) -> JSON? {
        guard let text = attempt.failure, text.hasPrefix("predictor '\(predictor.path)'") else { return nil }
        let lines = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        let known = attempt.trace.reduce(row) { $0.merging($1.outputs) }
        let names = predictor.signature.outputs.map { "`\($0.name)`" }.joined(separator: ", ")
        return Self.example(
            known.filter { name in predictor.signature.inputs.contains { $0.name == name } },
            .string(lines.count > 1 ? String(lines[1]) : ""),
            "The answer could not be read, which counts as wrong: \(lines[0]). It must give \(names) in the required format.")
    }

    private static func example(_ inputs: JSONObject, _ outputs: JSON, _ feedback: String) -> JSON {
        ["Inputs": .object(inputs), "Generated Outputs": outputs, "Feedback": .string(feedback)]
    }
}
