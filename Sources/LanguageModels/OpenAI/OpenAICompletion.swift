internal import JSON
internal import Programs

/// The wire form of a chat completion.
enum OpenAICompletion {
    /// The request's body. What the request leaves open comes from the settings.
    ///
    /// OpenAI's reasoning models refuse `temperature` and `stop`, so these are left out for them. `seed` carries the
    /// rollout unless the temperature is 0; where none is set, the provider's default applies, which is above 0.
    static func body(of request: ChatRequest, _ form: ResponseFormat?, _ settings: LanguageModelSettings) -> JSON {
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
        if let rollout = request.rollout, temperature != 0 { body["seed"] = .int(seed(rollout, retry: request.retry)) }
        let stop = request.stop.isEmpty ? settings.stop : request.stop
        if !stop.isEmpty, !isReasoning { body["stop"] = .array(stop.map { .string($0) }) }
        if request.count > 1 { body["n"] = .int(request.count) }
        if let form { body["response_format"] = json(form) }
        return .object(body)
    }

    /// The API takes a signed 64-bit integer. A retry gets another seed, or it would get the same answer.
    private static func seed(_ rollout: UInt64, retry: Int) -> Int {
        Int(truncatingIfNeeded: rollout &+ UInt64(truncatingIfNeeded: retry) &* 0x9E37_79B9_7F4A_7C15) & .max
    }

    private static func json(_ form: ResponseFormat) -> JSON {
        switch form {
        case .jsonObject: ["type": "json_object"]
        case .jsonSchema(let name, let schema):
            ["type": "json_schema", "json_schema": ["name": .string(name), "schema": schema, "strict": true]]
        }
    }

    /// o1, o3-mini, gpt-5-nano, …; but not gpt-5-chat.
    static func isReasoningModel(_ model: String) -> Bool {
        if model.hasPrefix("gpt-5") { return !model.contains("-chat") }
        guard model.first == "o", let digit = model.dropFirst().first else { return false }
        return digit.isNumber
    }

    /// All choices; those that are filtered or broken are left out as long as one remains.
    ///
    /// - Parameter paid: what earlier attempts of the call cost; the usage covers them.
    static func chatResponse(
        _ body: JSON, status: Int, paid: Usage = .zero
    ) throws(LanguageModelError) -> ChatResponse {
        let counts = body["usage"]
        let usage =
            paid
            + Usage(
                calls: 1, attempts: 1, promptTokens: counts?["prompt_tokens"]?.intValue ?? 0,
                completionTokens: counts?["completion_tokens"]?.intValue ?? 0)
        var texts: [String] = []
        var finishReason: String?
        var problem: Problem?
        for choice in body["choices"]?.arrayValue ?? [] {
            do throws(Problem) {
                let text = try text(ofChoice: choice)
                if texts.isEmpty { finishReason = choice["finish_reason"]?.stringValue }
                texts.append(text)
            } catch {
                problem = problem ?? error
            }
        }
        guard let first = texts.first else {
            let problem = problem ?? Problem(noMessageIn: body)
            throw LanguageModelError(problem.kind, problem.message, status: status, usage: usage)
        }
        return ChatResponse(text: first, alternatives: Array(texts.dropFirst()), finishReason: finishReason, usage: usage)
    }

    /// Why a choice is of no use.
    private struct Problem: Error {
        let kind: LanguageModelError.Kind
        let message: String

        init(_ kind: LanguageModelError.Kind, _ message: String) { (self.kind, self.message) = (kind, message) }

        init(noMessageIn json: JSON) {
            self.init(.malformedResponse, "the answer has no choices[0].message: \(json.serialized().prefix(300))")
        }
    }

    private static func text(ofChoice choice: JSON) throws(Problem) -> String {
        guard let message = choice["message"], message.objectValue != nil else { throw Problem(noMessageIn: choice) }
        let text = text(of: message["content"] ?? .null)
        let refusal = message["refusal"]?.stringValue ?? ""
        if !refusal.isEmpty, text.isEmpty { throw Problem(.contentFilter, "the model refused: \(refusal)") }
        if choice["finish_reason"]?.stringValue == "content_filter" {
            throw Problem(.contentFilter, "the provider's filter withheld the answer")
        }
        return text
    }

    /// Content is a string or a list of parts; null where a reasoning model ran out of tokens before it spoke.
    private static func text(of content: JSON) -> String {
        content.stringValue ?? (content.arrayValue ?? []).compactMap { $0["text"]?.stringValue }.joined()
    }
}
