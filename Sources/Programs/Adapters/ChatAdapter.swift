public import JSON

/// DSPy's default wire format: fields under `[[ ## name ## ]]` headers.
public struct ChatAdapter: Sendable, WireFormat {
    static let frames = PromptFrames()

    /// It has no settings.
    public init() {}

    /// The messages that ask for one prediction: system, incomplete demos, complete demos, the request.
    /// - Throws: a ``MissingInput`` when an input is not given and has no default.
    public func render(_ signature: Signature, demos: [JSONObject], inputs: JSONObject) throws(MissingInput) -> [ChatMessage] {
        messages(signature, demos: demos, inputs: try signature.completed(inputs))
    }

    func structure(_ signature: Signature) -> String {
        func sections(_ fields: [Field], _ content: (Field) -> String) -> String {
            fields.map { section($0.name, content($0)) }.joined(separator: "\n\n").pythonStripped
        }
        return [
            "All interactions will be structured in the following way, with the appropriate values filled in.",
            sections(signature.inputs) { "{\($0.name)}" },
            sections(signature.outputs, placeholder),
            "[[ ## completed ## ]]",
        ].joined(separator: "\n\n").pythonStripped
    }

    func reminder(_ signature: Signature) -> String {
        let fields = signature.outputs.map { "`[[ ## \($0.name) ## ]]`\(typeReminder($0))" }
        return "Respond with the corresponding output fields, starting with the field \(fields.joined(separator: ", then ")), "
            + "and then ending with the marker for `[[ ## completed ## ]]`."
    }

    /// An answer as a model should write it.
    public func answer(_ signature: Signature, _ values: JSONObject) -> String {
        let sections = signature.outputs.map { field in
            section(field.name, values[field.name].map(field.text(of:)) ?? notSupplied)
        }
        return sections.joined(separator: "\n\n").pythonStripped + "\n\n[[ ## completed ## ]]\n"
    }
}
