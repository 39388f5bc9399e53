internal import JSON
internal import Programs

/// One LM call as a line of a record: what was asked, what came of it. It holds prompts and answers, never a key.
struct RecordedCall: Sendable {
    enum Ending: Sendable {
        case answer(CachedAnswer)
        /// An error that the prompt caused: it belongs to the program's score as an answer does.
        case failure(LanguageModelError)
    }

    var key: CallKey
    var role: String
    /// `provider/NAME`, and where.
    var model: String
    var endpoint: String
    /// Of a chat: all that decides the answer. Of an embedding: the text.
    var request: JSON
    var ending: Ending
    var usage: Usage

    var json: JSON {
        var line: JSONObject = [
            "key": .string(key.text), "role": .string(role), "model": .string(model), "endpoint": .string(endpoint),
            "request": request,
        ]
        switch ending {
        case .answer(let answer):
            line["answer"] = [
                "texts": .array(answer.texts.map(JSON.string)), "finish_reason": answer.finishReason.map(JSON.string) ?? .null,
            ]
        case .failure(let error):
            line["error"] = [
                "kind": .string(error.kind.rawValue), "message": .string(error.message),
                "status": error.status.map(JSON.int) ?? .null,
            ]
        }
        line["usage"] = usage.json
        return .object(line)
    }

    /// nil: not a line of a record.
    init?(json: JSON) {
        guard let key = json["key"]?.stringValue.flatMap(CallKey.init(text:)), let request = json["request"] else { return nil }
        self.key = key
        self.request = request
        role = json["role"]?.stringValue ?? ""
        model = json["model"]?.stringValue ?? ""
        endpoint = json["endpoint"]?.stringValue ?? ""
        let counts = json["usage"]
        func count(_ name: String) -> Int { counts?[name]?.intValue ?? 0 }
        usage = Usage(
            calls: count("calls"), attempts: count("attempts"), cached: count("cached"), promptTokens: count("prompt_tokens"),
            completionTokens: count("completion_tokens"))
        if let texts = json["answer"]?["texts"]?.arrayValue?.compactMap(\.stringValue), !texts.isEmpty {
            ending = .answer(
                CachedAnswer(
                    texts: texts, finishReason: json["answer"]?["finish_reason"]?.stringValue, promptTokens: usage.promptTokens,
                    completionTokens: usage.completionTokens))
        } else if let error = json["error"], let kind = error["kind"]?.stringValue.flatMap(LanguageModelError.Kind.init) {
            ending = .failure(
                LanguageModelError(kind, error["message"]?.stringValue ?? "", status: error["status"]?.intValue, usage: usage))
        } else {
            return nil
        }
    }

    init(
        key: CallKey, role: Role, _ settings: LanguageModelSettings, model: String? = nil, request: JSON, ending: Ending,
        usage: Usage
    ) {
        self.key = key
        self.role = role.rawValue
        self.model = model ?? settings.fullName
        endpoint = settings.baseURL
        self.request = request
        self.ending = ending
        self.usage = usage
    }
}

extension ChatRequest {
    /// All that decides the answer, with what the settings add.
    func recorded(_ settings: LanguageModelSettings) -> JSON {
        var json: JSONObject = [
            "messages": .array(messages.map { ["role": .string($0.role.rawValue), "content": .string($0.content)] })
        ]
        let temperature = temperature ?? settings.temperature
        json["temperature"] = temperature.map(JSON.double)
        json["max_tokens"] = (maxTokens ?? settings.maxTokens).map(JSON.int)
        let stop = stop.isEmpty ? settings.stop : stop
        if !stop.isEmpty { json["stop"] = .array(stop.map(JSON.string)) }
        if count > 1 { json["n"] = .int(count) }
        if temperature != 0, let rollout { json["rollout"] = .string(String(rollout)) }
        if retry > 0 { json["retry"] = .int(retry) }
        switch responseFormat {
        case nil: break
        case .jsonObject: json["response_format"] = "json_object"
        case .jsonSchema(let name, let schema): json["response_format"] = ["name": .string(name), "schema": schema]
        }
        return .object(json)
    }
}
