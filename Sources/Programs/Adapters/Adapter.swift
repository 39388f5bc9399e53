public import JSON

/// How a question is written for a model, and its answer read.
public enum Adapter: String, Sendable, Hashable, CaseIterable {
    /// Fields under headers: ``ChatAdapter``.
    case chat
    /// A JSON object: ``JSONAdapter``.
    case json

    func messages(_ signature: Signature, demos: [JSONObject], inputs: JSONObject) -> [ChatMessage] {
        switch self {
        case .chat: ChatAdapter().messages(signature, demos: demos, inputs: inputs)
        case .json: JSONAdapter().messages(signature, demos: demos, inputs: inputs)
        }
    }

    /// An answer as a model should write it.
    func answer(_ signature: Signature, _ values: JSONObject) -> String {
        switch self {
        case .chat: ChatAdapter().answer(signature, values)
        case .json: JSONAdapter().answer(signature, values)
        }
    }

    /// The output fields in an answer.
    /// - Throws: an ``UnparseableAnswer`` that says which field is missing, has a wrong value or breaks a limit.
    public func parse(_ text: String, for signature: Signature) throws(UnparseableAnswer) -> JSONObject {
        switch self {
        case .chat: try ChatAdapter().parse(text, for: signature)
        case .json: try JSONAdapter().parse(text, for: signature)
        }
    }
}
