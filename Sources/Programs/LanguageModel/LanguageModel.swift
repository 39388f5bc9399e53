public import JSON

/// What an LM is asked for; a study may use another model for each.
public enum Role: String, Sendable, Hashable, CaseIterable, Codable {
    /// The program's own questions.
    case task
    /// Instructions for an optimiser.
    case prompt
    /// Traces that become demos.
    case teacher
    /// A metric's questions.
    case judge
    /// Embeddings, for retrievers and metrics.
    case embedding
}

/// One message of a chat.
public struct ChatMessage: Sendable, Hashable {
    /// Who speaks.
    public enum Role: String, Sendable, Hashable {
        /// Whoever sets the rules.
        case system
        /// Whoever asks.
        case user
        /// The model.
        case assistant
    }

    /// Who speaks.
    public var role: Role
    /// What is said.
    public var content: String

    /// What somebody says.
    public init(role: Role, content: String) {
        self.role = role
        self.content = content
    }
}

/// One question to a chat model. What is nil is left to the model's settings.
public struct ChatRequest: Sendable, Hashable {
    /// Who is to answer in place of the model that the endpoint's settings name: `provider/NAME`, or its name there.
    public var model: String?
    /// The conversation so far.
    public var messages: [ChatMessage]
    /// How freely it draws; nil: as the model's settings say.
    public var temperature: Double?
    /// Limit on the answer's length, in tokens.
    public var maxTokens: Int?
    /// Texts at which the answer ends.
    public var stop: [String]
    /// Tells apart draws for the same messages; sent as `seed` when the temperature is above 0.
    public var rollout: UInt64?
    /// How many answers are wanted (`n`).
    public var count: Int
    /// The form that the answer must have, where the endpoint can be told.
    public var responseFormat: ResponseFormat?
    /// 0 at first; 1 when the question is put again because the answer did not parse. A cache must not serve that answer again.
    public var retry: Int

    /// A question; what is left out is the model's to decide.
    public init(
        messages: [ChatMessage], temperature: Double? = nil, maxTokens: Int? = nil, stop: [String] = [], rollout: UInt64? = nil,
        count: Int = 1, responseFormat: ResponseFormat? = nil, retry: Int = 0, model: String? = nil
    ) {
        self.model = model
        self.messages = messages
        self.temperature = temperature
        self.maxTokens = maxTokens
        self.stop = stop
        self.rollout = rollout
        self.count = count
        self.responseFormat = responseFormat
        self.retry = retry
    }
}

/// The form of an answer that an endpoint can be told to keep to.
public enum ResponseFormat: Sendable, Hashable {
    /// Any JSON object (`response_format: json_object`).
    case jsonObject
    /// A JSON object of this schema (`response_format: json_schema`, strict).
    case jsonSchema(name: String, schema: JSON)
}

/// What an endpoint understands of ``ResponseFormat``; each includes what stands before it.
public enum ResponseFormatSupport: Int, Sendable, Hashable, Comparable {
    /// Nothing.
    case none
    /// That a JSON object is wanted.
    case jsonObject
    /// The object's schema.
    case jsonSchema

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// A chat model's answer, and what it took.
public struct ChatResponse: Sendable, Hashable {
    /// The first answer.
    public var text: String
    /// The answers beside the first, where several were asked for.
    public var alternatives: [String]
    /// In the words of the chat completions API: `stop`, `length`, …
    public var finishReason: String?
    /// What the answers took.
    public var usage: Usage

    /// An answer, others beside it, and what they took.
    public init(text: String, alternatives: [String] = [], finishReason: String? = nil, usage: Usage = .zero) {
        self.text = text
        self.alternatives = alternatives
        self.finishReason = finishReason
        self.usage = usage
    }
}

/// Something that answers chat requests: a provider, or a layer over another model (retry, cache, budget).
public protocol LanguageModel: Sendable {
    /// What of ``ChatRequest/responseFormat`` may be asked for.
    var responseFormats: ResponseFormatSupport { get }

    /// The answer to a request.
    func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse
}

extension LanguageModel {
    /// None, unless the model says otherwise.
    public var responseFormats: ResponseFormatSupport { .none }
}
