internal import JSON
internal import Programs

/// The wire form of a chat completion.
enum OpenAICompletion {
    /// The request's body. What the request leaves open comes from the settings.
    ///
    /// OpenAI's reasoning models refuse `temperature` and `stop`, so these are left out for them. `seed` carries the
    /// rollout unless the temperature is 0; where none is set, the provider's default applies, which is above 0.
    static func body(of request: ChatRequest, _ settings: LanguageModelSettings) -> JSON {
        var body: JSONObject = [
            "model": .string(settings.model),
            "messages": .array(
                request.messages.map { ["role": .string($0.role.rawValue), "content": .string($0.content)] }),
        ]
        let isReasoning = settings.isProvidersOwn && isReasoningModel(settings.model)
        let temperature = isReasoning ? nil : request.temperature ?? settings.temperature
        if let temperature { body["temperature"] = .double(temperature) }
        if let limit = request.maxTokens ?? settings.maxTokens {
            // OpenAI renamed the parameter; other servers know it by its first name.
            body[settings.isProvidersOwn ? "max_completion_tokens" : "max_tokens"] = .int(limit)
        }
        if let rollout = request.rollout, temperature != 0 {
            // The API takes a signed 64-bit integer.
            body["seed"] = .int(Int(truncatingIfNeeded: rollout) & .max)
        }
        if !request.stop.isEmpty, !isReasoning { body["stop"] = .array(request.stop.map { .string($0) }) }
        return .object(body)
    }

    /// o1, o3-mini, gpt-5-nano, …; but not gpt-5-chat.
    static func isReasoningModel(_ model: String) -> Bool {
        if model.hasPrefix("gpt-5") { return !model.contains("-chat") }
        guard model.first == "o", let digit = model.dropFirst().first else { return false }
        return digit.isNumber
    }

    static func chatResponse(_ body: JSON, status: Int) throws(LanguageModelError) -> ChatResponse {
        let usage = Usage(
            calls: 1, attempts: 1, promptTokens: body["usage"]?["prompt_tokens"]?.intValue ?? 0,
            completionTokens: body["usage"]?["completion_tokens"]?.intValue ?? 0)
        guard let choice = body["choices"]?[0], let message = choice["message"], message.objectValue != nil else {
            let excerpt = body.serialized().prefix(300)
            throw LanguageModelError(
                .malformedResponse, "the answer has no choices[0].message: \(excerpt)", status: status, usage: usage)
        }
        let finishReason = choice["finish_reason"]?.stringValue
        let text = text(of: message["content"] ?? .null)
        let refusal = message["refusal"]?.stringValue ?? ""
        if finishReason == "content_filter" || (text.isEmpty && !refusal.isEmpty) {
            let message = refusal.isEmpty ? "the provider's filter withheld the answer" : "the model refused: \(refusal)"
            throw LanguageModelError(.contentFilter, message, status: status, usage: usage)
        }
        return ChatResponse(text: text, finishReason: finishReason, usage: usage)
    }

    /// Content is a string or a list of parts; null where a reasoning model ran out of tokens before it spoke.
    private static func text(of content: JSON) -> String {
        content.stringValue ?? (content.arrayValue ?? []).compactMap { $0["text"]?.stringValue }.joined()
    }
}
