package import JSON

/// A call in OpenAI's wire form, made by a program that is not ours. What its body says goes to the endpoint as it is, but
/// for the model's name and for how the answer is to be sent.
package struct ForwardedCall: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable {
        case chat
        case embeddings
    }

    /// What is wrong with a body.
    package struct Problem: Error, Sendable, Hashable {
        /// The member, as OpenAI's errors name it; nil: the body itself.
        package var parameter: String?
        package var message: String
    }

    package let kind: Kind
    /// As the body has it; nil where it names none.
    package let model: String?
    /// Whether the answer is to come in parts, as server-sent events.
    package let isStreamed: Bool
    /// Whether a streamed answer ends with what it took.
    package let wantsUsage: Bool
    /// Without the members that have no part in the answer.
    private(set) var body: JSONObject

    private static let withoutPart: Set<String> = ["model", "stream", "stream_options", "user"]

    package init(_ kind: Kind, _ json: JSON) throws(Problem) {
        guard let body = json.objectValue else {
            throw Problem(message: "the body must be a JSON object, not \(json.kindName)")
        }
        let stated = { (key: String) in body[key].flatMap { $0.isNull ? nil : $0 } }
        if let model = stated("model"), model.stringValue == nil {
            throw Problem(parameter: "model", message: "'model' must be a string, not \(model.kindName)")
        }
        switch kind {
        case .chat:
            guard let messages = stated("messages")?.arrayValue, !messages.isEmpty else {
                throw Problem(parameter: "messages", message: "'messages' must be a list of at least one message")
            }
            guard messages.allSatisfy({ $0.objectValue != nil }) else {
                throw Problem(parameter: "messages", message: "every item of 'messages' must be an object with 'role' and 'content'")
            }
        case .embeddings:
            guard let input = stated("input"), input.stringValue != nil || input.arrayValue?.isEmpty == false else {
                throw Problem(parameter: "input", message: "'input' must be a text or a list of texts")
            }
        }
        for (name, most) in [("max_tokens", 1_000_000), ("max_completion_tokens", 1_000_000), ("n", 128)] {
            guard let value = stated(name) else { continue }
            guard let number = value.intValue, 1...most ~= number else {
                throw Problem(parameter: name, message: "'\(name)' must be a whole number from 1 to \(most), not \(value.serialized())")
            }
        }
        let stream = stated("stream") ?? false
        guard let isStreamed = stream.boolValue else {
            throw Problem(parameter: "stream", message: "'stream' must be true or false, not \(stream.kindName)")
        }
        self.kind = kind
        model = stated("model")?.stringValue
        self.isStreamed = isStreamed && kind == .chat
        wantsUsage = body["stream_options"]?["include_usage"] == true
        self.body = body.filter { !Self.withoutPart.contains($0) }
    }

    /// Tells apart draws of the same question: sent as `seed`, unless the call has one or asks for no draw.
    package mutating func draw(_ rollout: Int) {
        if body["seed"] == nil, kind == .chat, body["temperature"]?.doubleValue != 0 { body["seed"] = .int(rollout) }
    }

    /// An answer that the call does not limit is as long as the study allows: what is reserved for it counts on that.
    package mutating func limit(to settings: LanguageModelSettings) {
        let names = ["max_tokens", "max_completion_tokens"]
        guard kind == .chat, let limit = settings.maxTokens, names.allSatisfy({ body[$0]?.isNull ?? true }) else { return }
        body[names[settings.isProvidersOwn && settings.provider == .openai ? 1 : 0]] = .int(limit)
    }

    /// What is sent to an endpoint that speaks OpenAI's API.
    func body(model: String, isStreamed: Bool) -> JSON {
        var sent: JSONObject = ["model": .string(model)]
        sent = sent.merging(body)
        if isStreamed {
            sent["stream"] = true
            // What it took is counted, whether or not the caller wants to know.
            sent["stream_options"] = ["include_usage": true]
        }
        return .object(sent)
    }
}
