internal import JSON
internal import Programs

extension ChatRequest {
    /// What can be asked of any provider.
    private static let translated: Set<String> = [
        "messages", "temperature", "max_tokens", "max_completion_tokens", "stop", "n", "seed", "response_format",
    ]

    /// - Throws: an error of kind `invalidRequest` that names what has no translation.
    init(_ call: ForwardedCall) throws(LanguageModelError) {
        guard call.kind == .chat else {
            throw LanguageModelError(.invalidRequest, "the model's provider has no embeddings", status: 400)
        }
        let body = call.body
        for (key, value) in body where !Self.translated.contains(key) && !value.isNull {
            throw LanguageModelError(
                .invalidRequest, "'\(key)' has no translation to the API of this model's provider: leave it out", status: 400)
        }
        if let format = body["response_format"]?["type"], format != "text" {
            throw LanguageModelError(.invalidRequest, "'response_format' must be text with this model's provider", status: 400)
        }
        var messages: [ChatMessage] = []
        for message in body["messages"]?.arrayValue ?? [] { messages.append(try Self.message(message)) }
        let stop = body["stop"]
        self.init(
            messages: messages, temperature: body["temperature"]?.doubleValue,
            maxTokens: (body["max_completion_tokens"] ?? body["max_tokens"])?.intValue,
            stop: stop?.stringValue.map { [$0] } ?? stop?.arrayValue?.compactMap(\.stringValue) ?? [],
            rollout: body["seed"]?.intValue.map { UInt64(bitPattern: Int64($0)) }, count: max(1, body["n"]?.intValue ?? 1))
    }

    private static func message(_ message: JSON) throws(LanguageModelError) -> ChatMessage {
        func refuse(_ what: String) -> LanguageModelError { LanguageModelError(.invalidRequest, what, status: 400) }
        let roles: [String: ChatMessage.Role] = [
            "system": .system, "developer": .system, "user": .user, "assistant": .assistant,
        ]
        guard let role = message["role"]?.stringValue.flatMap({ roles[$0] }) else {
            throw refuse("a message's 'role' must be system, developer, user or assistant with this model's provider")
        }
        if let text = message["content"]?.stringValue { return ChatMessage(role: role, content: text) }
        let parts = message["content"]?.arrayValue ?? []
        let texts = parts.compactMap { $0["text"]?.stringValue }
        guard !parts.isEmpty, texts.count == parts.count else {
            throw refuse("a message's 'content' must be text with this model's provider")
        }
        return ChatMessage(role: role, content: texts.joined(separator: "\n"))
    }
}

extension OpenAICompletion {
    /// An answer as OpenAI would have written it.
    static func json(of response: ChatResponse, model: String) -> JSON {
        let texts = [response.text] + response.alternatives
        let choices = texts.enumerated().map { index, text -> JSON in
            [
                "index": .int(index), "message": ["role": "assistant", "content": .string(text)], "logprobs": .null,
                "finish_reason": .string(response.finishReason ?? "stop"),
            ]
        }
        let usage = response.usage
        return [
            "id": "chatcmpl-nightshift", "object": "chat.completion", "created": 0, "model": .string(model),
            "choices": .array(choices),
            "usage": [
                "prompt_tokens": .int(usage.promptTokens), "completion_tokens": .int(usage.completionTokens),
                "total_tokens": .int(usage.promptTokens + usage.completionTokens),
            ],
        ]
    }
}
