/// A text that was found for a query.
public struct Passage: Sendable, Hashable {
    /// The passage itself.
    public var text: String
    /// Its id in the corpus, where it has one.
    public var id: String?
    /// How well it fits, in the retriever's own measure; higher is better.
    public var score: Double?

    /// A text, and what its retriever says of it.
    public init(text: String, id: String? = nil, score: Double? = nil) {
        self.text = text
        self.id = id
        self.score = score
    }
}

/// What was found, best first, and what the search cost in LM calls.
public struct Retrieval: Sendable, Hashable {
    /// The best first.
    public var passages: [Passage]
    /// What the search took in LM calls.
    public var usage: UsageByRole

    /// What was found, best first.
    public init(passages: [Passage], usage: UsageByRole = .zero) {
        self.passages = passages
        self.usage = usage
    }
}

/// Finds passages for a query.
public protocol Retriever: Sendable {
    /// The at most `k` best passages. The same query gives the same passages in the same order.
    func retrieve(_ query: String, k: Int) async throws(ServiceError) -> Retrieval
}

/// Why a retriever, a tool or another service of a program could not do its work.
public struct ServiceError: Error, Sendable, Hashable, CustomStringConvertible {
    /// As with LM calls: `.infrastructure` is tried again elsewhere, `.budget` in vain, `.refused` pauses the study, `.program`
    /// counts.
    public var fault: LanguageModelError.Fault
    /// What happened, in words for the user.
    public var message: String

    /// Whose fault it is, and what happened.
    public init(_ fault: LanguageModelError.Fault, _ message: String) {
        self.fault = fault
        self.message = message
    }

    public var description: String { message }
}
