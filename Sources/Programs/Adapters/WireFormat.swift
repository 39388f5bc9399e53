internal import JSON

/// What DSPy's chat and JSON formats share: headers over the inputs, the order of the turns. They differ in how outputs are
/// described, asked for and written. Prompts equal DSPy 3.4's byte for byte.
protocol WireFormat {
    /// What of its prompts was written before.
    static var frames: PromptFrames { get }

    /// The form of a conversation, with placeholders for values.
    func structure(_ signature: Signature) -> String

    /// What an answer must look like, repeated at the end of the request.
    func reminder(_ signature: Signature) -> String

    /// An answer as a model should write it; a demo's may lack fields.
    func answer(_ signature: Signature, _ values: JSONObject) -> String
}

extension WireFormat {
    /// The messages for inputs that are complete: system, incomplete demos, complete demos, the request.
    func messages(_ signature: Signature, demos: [JSONObject], inputs: JSONObject) -> [ChatMessage] {
        let frame = Self.frames.frame(signature) { PromptFrame(system: systemText(signature), reminder: reminder(signature)) }
        let request = inputSections(signature, inputs) + [frame.reminder]
        return [ChatMessage(role: .system, content: frame.system)] + demoMessages(signature, demos)
            + [ChatMessage(role: .user, content: request.joined(separator: "\n\n").pythonStripped)]
    }

    /// What stands for an output that a demo lacks.
    var notSupplied: String { "Not supplied for this particular example. " }

    // MARK: System

    private func systemText(_ signature: Signature) -> String {
        """
        Your input fields are:
        \(descriptions(signature.inputs))
        Your output fields are:
        \(descriptions(signature.outputs))
        \(structure(signature))
        In adhering to this structure, your objective is: \(objective(signature.instructions))
        """
    }

    private func descriptions(_ fields: [Field]) -> String {
        fields.enumerated().map { index, field in
            let line = "\(index + 1). `\(field.name)` (\(field.type.pythonName)): \(field.description ?? "")"
            return field.limits.text.map { "\(line)\nConstraints: \($0)" } ?? line
        }.joined(separator: "\n").pythonStripped
    }

    private func objective(_ instructions: String) -> String {
        instructions.pythonDocumentationText.dedented.pythonLines.map { "\n        " + $0 }.joined()
    }

    /// What stands for an output in ``structure(_:)``, with a note on its form.
    func placeholder(_ field: Field) -> String {
        "{\(field.name)}" + (field.type.hint.map { "        # note: the value you produce \($0)" } ?? "")
    }

    /// How a reminder names an output's type; nothing for text.
    func typeReminder(_ field: Field) -> String {
        field.type == .string ? "" : " (must be formatted as a valid Python \(field.type.pythonName))"
    }

    // MARK: Turns

    func section(_ name: String, _ content: String) -> String { "[[ ## \(name) ## ]]\n\(content)" }

    private func inputSections(_ signature: Signature, _ values: JSONObject) -> [String] {
        signature.inputs.compactMap { field in values[field.name].map { section(field.name, field.text(of: $0)) } }
    }

    private func demoMessages(_ signature: Signature, _ demos: [JSONObject]) -> [ChatMessage] {
        let isComplete = { (demo: JSONObject) in signature.fields.allSatisfy { demo[$0.name].map { !$0.isNull } ?? false } }
        // A demo without any input or without any output would teach nothing.
        let isUsable = { (demo: JSONObject) in
            signature.inputs.contains { demo[$0.name] != nil } && signature.outputs.contains { demo[$0.name] != nil }
        }
        let incomplete = demos.filter { !isComplete($0) && isUsable($0) }
        let notice = "This is an example of the task, though some input or output fields are not supplied."
        return incomplete.flatMap { turns(signature, $0, notice: [notice]) }
            + demos.filter(isComplete).flatMap { turns(signature, $0, notice: []) }
    }

    private func turns(_ signature: Signature, _ demo: JSONObject, notice: [String]) -> [ChatMessage] {
        let question = (notice + inputSections(signature, demo)).joined(separator: "\n\n").pythonStripped
        return [
            ChatMessage(role: .user, content: question),
            ChatMessage(role: .assistant, content: answer(signature, demo)),
        ]
    }
}

/// A predictor was called without one of its inputs.
public struct MissingInput: Error, Sendable, Hashable, CustomStringConvertible {
    /// The missing input.
    public var name: String
    /// The inputs of the signature.
    public var expected: [String]
    /// What the caller gave.
    public var given: [String]

    public var description: String {
        let given = given.isEmpty ? "nothing" : given.joined(separator: ", ")
        return "input '\(name)' is missing; expected \(expected.joined(separator: ", ")), got \(given)"
    }
}
