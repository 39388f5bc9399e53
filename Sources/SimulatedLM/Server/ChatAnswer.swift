import JSON

/// The choices of one answer and what they cost, written in either provider's form.
struct ChatAnswer: Sendable {
    struct Choice: Sendable {
        var text: String
        var wasCut: Bool
        var malformation: Malformation?
    }

    var choices: [Choice] = []
    var promptTokens = 0
    var completionTokens = 0

    /// About four characters a token.
    static func tokens(_ text: String) -> Int { (text.utf8.count + 3) / 4 }

    init(_ request: ChatRequest, model: SimulatedModel, malformedRate: Double) {
        promptTokens = request.messages.reduce(0) { $0 + Self.tokens($1.content) + 4 }
        for number in 0..<request.choices {
            let call = SimulatedModel.Request(
                messages: request.messages, temperature: request.temperature, seed: request.seed, choice: number,
                format: request.format)
            let malformation = malformedRate > 0 ? model.malformation(of: call, rate: malformedRate) : nil
            var choice = Self.limited(model.answer(call, malformation: malformation), request, ignoring: malformation == .long)
            choice.malformation = malformation
            completionTokens += Self.tokens(choice.text)
            choices.append(choice)
        }
    }

    /// `ignoring`: an endpoint that talks without end heeds no limit.
    private static func limited(_ text: String, _ request: ChatRequest, ignoring: Bool) -> Choice {
        if ignoring { return Choice(text: text, wasCut: false) }
        var text = text
        for stop in request.stop where !stop.isEmpty {
            if let range = text.firstRange(of: stop) { text = String(text[..<range.lowerBound]) }
        }
        guard let limit = request.maxTokens, tokens(text) > limit else { return Choice(text: text, wasCut: false) }
        return Choice(text: String(decoding: text.utf8.prefix(limit * 4), as: UTF8.self), wasCut: true)
    }

    /// The response body.
    func bytes(_ form: ChatRequest.Form, model: String, number: Int, created: Int) -> [UInt8] {
        let json = form == .openAI ? openAI(model, number, created) : anthropic(model, number)
        guard choices.contains(where: { $0.malformation == .loneSurrogate }) else { return json.bytes() }
        return Array(json.serialized().replacing(Malformation.surrogateMark, with: #"\ud83d"#).utf8)
    }

    /// The data of the events of a streamed answer, in OpenAI's form: a few words each.
    func events(model: String, number: Int, created: Int, withUsage: Bool) -> [String] {
        let head: JSONObject = [
            "id": .string("chatcmpl-\(number)"), "object": "chat.completion.chunk", "created": .int(created),
            "model": .string(model),
        ]
        func event(_ choices: [JSON], usage: JSON? = nil) -> String {
            var event = head
            event["choices"] = .array(choices)
            event["usage"] = usage
            return JSON.object(event).serialized().replacing(Malformation.surrogateMark, with: #"\ud83d"#)
        }
        func event(_ index: Int, _ delta: JSON, end: JSON = .null) -> String {
            event([["index": .int(index), "delta": delta, "finish_reason": end]])
        }
        var events: [String] = []
        for (index, choice) in choices.enumerated() {
            events.append(event(index, ["role": "assistant", "content": ""]))
            var rest = choice.text[...]
            while !rest.isEmpty {
                events.append(event(index, ["content": .string(String(rest.prefix(Self.charactersAtOnce)))]))
                rest = rest.dropFirst(Self.charactersAtOnce)
            }
            events.append(event(index, [:], end: choice.wasCut ? "length" : "stop"))
        }
        if withUsage { events.append(event([], usage: usage)) }
        return events + ["[DONE]"]
    }

    private static let charactersAtOnce = 12

    private var usage: JSON {
        [
            "prompt_tokens": .int(promptTokens), "completion_tokens": .int(completionTokens),
            "total_tokens": .int(promptTokens + completionTokens),
        ]
    }

    private func openAI(_ model: String, _ number: Int, _ created: Int) -> JSON {
        let list = choices.enumerated().map { position, choice -> JSON in
            [
                "index": .int(position), "message": ["role": "assistant", "content": .string(choice.text)],
                "finish_reason": choice.wasCut ? "length" : "stop",
            ]
        }
        return [
            "id": .string("chatcmpl-\(number)"), "object": "chat.completion", "created": .int(created), "model": .string(model),
            "choices": .array(list), "usage": usage,
        ]
    }

    private func anthropic(_ model: String, _ number: Int) -> JSON {
        [
            "id": .string("msg_\(number)"), "type": "message", "role": "assistant", "model": .string(model),
            "content": [["type": "text", "text": .string(choices.first?.text ?? "")]],
            "stop_reason": choices.first?.wasCut == true ? "max_tokens" : "end_turn", "stop_sequence": .null,
            "usage": ["input_tokens": .int(promptTokens), "output_tokens": .int(completionTokens)],
        ]
    }
}
