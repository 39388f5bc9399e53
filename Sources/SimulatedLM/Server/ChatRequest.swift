import JSON

/// A call in either provider's form, reduced to what the simulated LM reads.
struct ChatRequest: Sendable {
    /// Whose wire format a call and its answer use.
    enum Form: Sendable {
        case openAI, anthropic
    }

    var model: String
    var messages: [ChatMessage]
    var temperature: Double
    var seed: Int
    var choices: Int
    var maxTokens: Int?
    var stop: [String]
    /// What `response_format` asks for; nil for plain text.
    var format: AnswerFormat?
    /// Whether the answer comes in parts, and with what it took at the end.
    var isStreamed: Bool
    var streamsUsage: Bool

    private static let choiceLimit = 128

    /// Throws a ``Diagnostic`` at the first bad member.
    init(_ body: JSON, form: Form) throws(Diagnostic) {
        guard body.objectValue != nil else {
            throw Diagnostic(JSONPath(), "the body must be a JSON object, found \(body.kindName)")
        }
        guard let model = body["model"]?.stringValue else { throw Self.finding("model", "you must provide a model") }
        isStreamed = body["stream"] == true
        if isStreamed, form == .anthropic {
            throw Self.finding("stream", "streaming is not simulated here; leave it out or set it to false")
        }
        streamsUsage = body["stream_options"]?["include_usage"] == true
        guard let list = body["messages"]?.arrayValue, !list.isEmpty else {
            throw Self.finding("messages", "expected a list with at least one message")
        }
        self.model = model
        temperature = try Self.number(body, "temperature") ?? 1
        seed = body["seed"]?.intValue ?? 0
        choices = form == .openAI ? body["n"]?.intValue ?? 1 : 1
        guard (1...Self.choiceLimit).contains(choices) else { throw Self.finding("n", "expected 1 to \(Self.choiceLimit)") }
        maxTokens = (body["max_completion_tokens"] ?? body["max_tokens"])?.intValue
        if form == .anthropic, maxTokens == nil { throw Self.finding("max_tokens", "field required") }
        if let maxTokens, maxTokens < 1 { throw Self.finding("max_tokens", "expected at least 1") }
        let stops = body[form == .openAI ? "stop" : "stop_sequences"]
        stop = stops?.arrayValue?.compactMap(\.stringValue) ?? stops?.stringValue.map { [$0] } ?? []
        format = form == .openAI ? try ResponseFormat.read(body["response_format"]) : nil
        messages = []
        if form == .anthropic, let system = body["system"].flatMap(Self.text) { messages.append(ChatMessage(.system, system)) }
        for (position, message) in list.enumerated() {
            messages.append(try Self.message(message, path: JSONPath([.key("messages"), .index(position)])))
        }
        if format == .object, !messages.contains(where: { $0.content.lowercased().contains("json") }) {
            throw Self.finding("messages", "they must contain the word 'json' to use response_format of type json_object")
        }
    }

    private static func finding(_ key: String, _ message: String) -> Diagnostic { Diagnostic(JSONPath([.key(key)]), message) }

    private static func number(_ body: JSON, _ key: String) throws(Diagnostic) -> Double? {
        guard let value = body[key], !value.isNull else { return nil }
        guard let number = value.doubleValue else { throw finding(key, "expected a number, found \(value.kindName)") }
        return number
    }

    private static func message(_ message: JSON, path: JSONPath) throws(Diagnostic) -> ChatMessage {
        let role: ChatMessage.Role
        switch message["role"]?.stringValue {
        case "system", "developer": role = .system
        case "user", "tool", "function": role = .user
        case "assistant": role = .assistant
        default: throw Diagnostic(path.appending("role"), "expected system, developer, user, assistant or tool")
        }
        guard let content = message["content"] else { throw Diagnostic(path.appending("content"), "missing") }
        guard let text = text(content) else {
            throw Diagnostic(path.appending("content"), "expected a string or a list of text parts, found \(content.kindName)")
        }
        return ChatMessage(role, text)
    }

    /// A string, or the texts of a list of parts.
    private static func text(_ content: JSON) -> String? {
        if let text = content.stringValue { return text }
        if content.isNull { return "" }
        return content.arrayValue.map { $0.compactMap { $0["text"]?.stringValue }.joined(separator: "\n") }
    }
}
