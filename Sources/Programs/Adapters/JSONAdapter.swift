public import JSON

/// DSPy's JSON wire format: inputs under headers, the answer a JSON object.
public struct JSONAdapter: Sendable, WireFormat {
    static let frames = PromptFrames()

    /// It has no settings.
    public init() {}

    /// The messages that ask for one prediction: system, incomplete demos, complete demos, the request.
    /// - Throws: a ``MissingInput`` when an input is not given and has no default.
    public func render(_ signature: Signature, demos: [JSONObject], inputs: JSONObject) throws(MissingInput) -> [ChatMessage] {
        messages(signature, demos: demos, inputs: try signature.completed(inputs))
    }

    func structure(_ signature: Signature) -> String {
        let inputs = signature.inputs.map { section($0.name, "{\($0.name)}") }.joined(separator: "\n\n").pythonStripped
        let outputs = JSONObject(signature.outputs.map { ($0.name, .string(placeholder($0))) })
        return [
            "All interactions will be structured in the following way, with the appropriate values filled in.",
            "Inputs will have the following structure:",
            inputs,
            "Outputs will be a JSON object with the following fields.",
            JSON.object(outputs).serialized(.pretty),
        ].joined(separator: "\n\n").pythonStripped
    }

    func reminder(_ signature: Signature) -> String {
        let fields = signature.outputs.map { "`\($0.name)`\(typeReminder($0))" }
        return "Respond with a JSON object in the following order of fields: \(fields.joined(separator: ", then "))."
    }

    /// An answer as a model should write it.
    public func answer(_ signature: Signature, _ values: JSONObject) -> String {
        let members = signature.outputs.map { ($0.name, values[$0.name] ?? .string(notSupplied)) }
        return JSON.object(JSONObject(members)).serialized(.pretty)
    }
}
