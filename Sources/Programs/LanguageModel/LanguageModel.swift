public import JSON

/// What an LM is asked for; a study may use another model for each.
public enum Role: String, Sendable, Hashable, CaseIterable, Codable {
    case task
    case prompt
    case teacher
    case judge
    case embedding
}

/// One message of a chat.
public struct ChatMessage: Sendable, Hashable {
    /// Who speaks.
    public enum Role: String, Sendable, Hashable {
        case system
        case user
        case assistant
    }

    public var role: Role
    public var content: String

    public init(role: Role, content: String) {
        self.role = role
        self.content = content
    }
}

/// One question to a chat model. What is nil is left to the model's settings.
public struct ChatRequest: Sendable, Hashable {
    public var messages: [ChatMessage]
    public var temperature: Double?
    /// Limit on the answer's length, in tokens.
    public var maxTokens: Int?
    /// Texts at which the answer ends.
    public var stop: [String]
    /// Tells apart draws for the same messages; sent as `seed` when the temperature is above 0.
    public var rollout: UInt64?

    public init(
        messages: [ChatMessage], temperature: Double? = nil, maxTokens: Int? = nil, stop: [String] = [], rollout: UInt64? = nil
    ) {
        self.messages = messages
        self.temperature = temperature
        self.maxTokens = maxTokens
        self.stop = stop
        self.rollout = rollout
    }
}

/// A chat model's answer, and what it took.
public struct ChatResponse: Sendable, Hashable {
    public var text: String
    /// In the words of the chat completions API: `stop`, `length`, …
    public var finishReason: String?
    public var usage: Usage

    public init(text: String, finishReason: String? = nil, usage: Usage = .zero) {
        self.text = text
        self.finishReason = finishReason
        self.usage = usage
    }
}

/// What LM calls cost.
public struct Usage: Sendable, Hashable {
    /// Requests answered with 2xx.
    public var calls: Int
    /// All requests that were sent.
    public var attempts: Int
    /// Answers that came from a cache, without a request.
    public var cached: Int
    public var promptTokens: Int
    public var completionTokens: Int

    public init(calls: Int = 0, attempts: Int = 0, cached: Int = 0, promptTokens: Int = 0, completionTokens: Int = 0) {
        self.calls = calls
        self.attempts = attempts
        self.cached = cached
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
    }

    public static let zero = Usage()

    public static func + (left: Usage, right: Usage) -> Usage {
        Usage(
            calls: left.calls + right.calls, attempts: left.attempts + right.attempts, cached: left.cached + right.cached,
            promptTokens: left.promptTokens + right.promptTokens,
            completionTokens: left.completionTokens + right.completionTokens)
    }

    public static func += (left: inout Usage, right: Usage) { left = left + right }

    /// `{"calls", "attempts", "cached", "prompt_tokens", "completion_tokens"}`.
    public var json: JSON {
        [
            "calls": .int(calls), "attempts": .int(attempts), "cached": .int(cached), "prompt_tokens": .int(promptTokens),
            "completion_tokens": .int(completionTokens),
        ]
    }

    /// Reads what ``json`` writes; nil when a member is missing or not an integer.
    public init?(json: JSON) {
        guard let calls = json["calls"]?.intValue, let attempts = json["attempts"]?.intValue,
            let cached = json["cached"]?.intValue, let promptTokens = json["prompt_tokens"]?.intValue,
            let completionTokens = json["completion_tokens"]?.intValue
        else { return nil }
        self.init(
            calls: calls, attempts: attempts, cached: cached, promptTokens: promptTokens, completionTokens: completionTokens)
    }
}

/// Something that answers chat requests: a provider, or a layer over another model (retry, cache, budget).
public protocol LanguageModel: Sendable {
    func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse
}
