public import JSON

/// DSPy's default wire format: fields under `[[ ## name ## ]]` headers. Prompts equal DSPy 3.4's byte for byte.
public struct ChatAdapter: Sendable {
    public init() {}

    /// The messages that ask for one prediction: system, incomplete demos, complete demos, the request.
    /// - Throws: a ``MissingInput`` when an input is not given and has no default.
    public func render(_ signature: Signature, demos: [JSONObject], inputs: JSONObject) throws(MissingInput) -> [ChatMessage] {
        messages(signature, demos: demos, inputs: try signature.completed(inputs))
    }

    /// The messages for inputs that are complete.
    func messages(_ signature: Signature, demos: [JSONObject], inputs: JSONObject) -> [ChatMessage] {
        let request = inputSections(signature, inputs) + [reminder(signature)]
        return [ChatMessage(role: .system, content: systemText(signature))] + demoMessages(signature, demos)
            + [ChatMessage(role: .user, content: request.joined(separator: "\n\n").pythonStripped)]
    }

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

    private func structure(_ signature: Signature) -> String {
        func sections(_ fields: [Field], _ placeholder: (Field) -> String) -> String {
            fields.map { section($0.name, placeholder($0)) }.joined(separator: "\n\n").pythonStripped
        }
        return [
            "All interactions will be structured in the following way, with the appropriate values filled in.",
            sections(signature.inputs) { "{\($0.name)}" },
            sections(signature.outputs) { field in
                "{\(field.name)}" + (field.type.hint.map { "        # note: the value you produce \($0)" } ?? "")
            },
            "[[ ## completed ## ]]",
        ].joined(separator: "\n\n").pythonStripped
    }

    private func objective(_ instructions: String) -> String {
        instructions.pythonDocumentationText.dedented.pythonLines.map { "\n        " + $0 }.joined()
    }

    // MARK: Turns

    private func section(_ name: String, _ content: String) -> String { "[[ ## \(name) ## ]]\n\(content)" }

    private func inputSections(_ signature: Signature, _ values: JSONObject) -> [String] {
        signature.inputs.compactMap { field in values[field.name].map { section(field.name, field.text(of: $0)) } }
    }

    /// What an answer must look like, repeated at the end of the request.
    private func reminder(_ signature: Signature) -> String {
        let fields = signature.outputs.map { field in
            let type = field.type == .string ? "" : " (must be formatted as a valid Python \(field.type.pythonName))"
            return "`[[ ## \(field.name) ## ]]`\(type)"
        }
        return "Respond with the corresponding output fields, starting with the field \(fields.joined(separator: ", then ")), "
            + "and then ending with the marker for `[[ ## completed ## ]]`."
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

    /// An answer as a model should write it.
    public func answer(_ signature: Signature, _ values: JSONObject) -> String {
        let sections = signature.outputs.map { field in
            section(field.name, values[field.name].map(field.text(of:)) ?? "Not supplied for this particular example. ")
        }
        return sections.joined(separator: "\n\n").pythonStripped + "\n\n[[ ## completed ## ]]\n"
    }
}

/// A predictor was called without one of its inputs.
public struct MissingInput: Error, Sendable, Hashable, CustomStringConvertible {
    public var name: String
    public var expected: [String]
    public var given: [String]

    public var description: String {
        let given = given.isEmpty ? "nothing" : given.joined(separator: ", ")
        return "input '\(name)' is missing; expected \(expected.joined(separator: ", ")), got \(given)"
    }
}
