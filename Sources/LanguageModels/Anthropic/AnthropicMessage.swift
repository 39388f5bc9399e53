internal import JSON
internal import Programs

/// The wire form of a message.
enum AnthropicMessage {
    /// The request's body for one answer. What the request leaves open comes from the settings.
    ///
    /// The API has no `seed`: rollouts of an identical prompt differ only by what the temperature makes of them, and none
    /// can be repeated. It has no `n` and no `response_format` either.
    static func body(of request: ChatRequest, _ settings: LanguageModelSettings, takesTemperature: Bool) -> JSON {
        var body: JSONObject = [
            "model": .string(settings.model),
            "max_tokens": .int(request.maxTokens ?? settings.maxTokens ?? defaultMaxTokens(settings.model)),
        ]
        let system = request.messages.filter { $0.role == .system }.map(\.content).joined(separator: "\n\n")
        if !system.isEmpty { body["system"] = .string(system) }
        body["messages"] = .array(
            request.messages.filter { $0.role != .system }.map {
                ["role": .string($0.role.rawValue), "content": .string($0.content)]
            })
        if takesTemperature, let temperature = request.temperature ?? settings.temperature {
            // Its scale ends at 1, where the other providers' ends at 2; the default is 1 on both.
            body["temperature"] = .double(min(temperature, 1))
        }
        let stop = request.stop.isEmpty ? settings.stop : request.stop
        if !stop.isEmpty { body["stop_sequences"] = .array(stop.map { .string($0) }) }
        return .object(body)
    }

    /// The API demands a limit; this is the largest that all models of a generation take, up to a size that no prompt of
    /// ours comes near.
    private static func defaultMaxTokens(_ model: String) -> Int {
        if ["claude-3-haiku", "claude-3-opus", "claude-3-sonnet"].contains(where: model.hasPrefix) { return 4096 }
        return model.hasPrefix("claude-3-5-") ? 8192 : 16384
    }

    /// - Parameter paid: what earlier attempts of the call cost; the usage covers them.
    static func chatResponse(
        _ body: JSON, status: Int, paid: Usage = .zero
    ) throws(LanguageModelError) -> ChatResponse {
        let counts = body["usage"]
        let promptTokens = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"]
            .reduce(0) { $0 + (counts?[$1]?.intValue ?? 0) }
        let completionTokens = counts?["output_tokens"]?.intValue ?? 0
        let usage = paid + Usage(calls: 1, attempts: 1, promptTokens: promptTokens, completionTokens: completionTokens)
        guard let blocks = body["content"]?.arrayValue else {
            let message = "the answer has no content: \(body.serialized().prefix(300))"
            throw LanguageModelError(.malformedResponse, message, status: status, usage: usage)
        }
        let stopReason = body["stop_reason"]?.stringValue
        if stopReason == "refusal" {
            throw LanguageModelError(.contentFilter, "the model refused to answer", status: status, usage: usage)
        }
        // Blocks of other types hold thoughts, not the answer.
        let text = blocks.filter { $0["type"] == "text" }.compactMap { $0["text"]?.stringValue }.joined()
        return ChatResponse(text: text, finishReason: finishReason(stopReason), usage: usage)
    }

    private static func finishReason(_ stopReason: String?) -> String? {
        switch stopReason {
        case "end_turn", "stop_sequence": "stop"
        case "max_tokens", "model_context_window_exceeded": "length"
        default: stopReason
        }
    }
}
