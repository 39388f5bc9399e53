package import Programs

/// What the cache keeps of a call: the answer, and what it took.
package struct CachedAnswer: Sendable, Hashable {
    /// The first answer, then the alternatives. Of an embedding: the vector, in base64.
    package var texts: [String]
    /// In the words of the chat completions API.
    package var finishReason: String?
    /// Tokens that were sent, and that came back, when the call was made.
    package var promptTokens: Int
    package var completionTokens: Int

    package init(texts: [String], finishReason: String? = nil, promptTokens: Int = 0, completionTokens: Int = 0) {
        self.texts = texts
        self.finishReason = finishReason
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
    }

    init(_ response: ChatResponse) {
        self.init(
            texts: [response.text] + response.alternatives, finishReason: response.finishReason,
            promptTokens: response.usage.promptTokens, completionTokens: response.usage.completionTokens)
    }

    /// The answer as a model gives it, at the cost that the caller bears.
    func response(_ usage: Usage) -> ChatResponse {
        ChatResponse(
            text: texts.first ?? "", alternatives: Array(texts.dropFirst()), finishReason: finishReason, usage: usage)
    }

    /// What it takes in memory, about: the texts, and tables and objects around them.
    var bytes: Int { texts.reduce(300) { $0 + $1.utf8.count + 32 } }
}

/// For whom a call is made: where a cached answer came from, and who pays.
package struct CallOrigin: Sendable, Hashable {
    /// Its public id; nil outside of any study.
    package var study: String?
    package var role: Role
    /// The number of the trial, where whoever calls says so.
    package var trial: Int?

    package init(study: String? = nil, role: Role, trial: Int? = nil) {
        self.study = study
        self.role = role
        self.trial = trial
    }
}

/// An answer on its way into the team's cache.
package struct ArchivedAnswer: Sendable, Hashable {
    package var key: CallKey
    package var answer: CachedAnswer
    package var origin: CallOrigin
    /// `provider/NAME`.
    package var model: String
    package var endpoint: String

    package init(key: CallKey, answer: CachedAnswer, origin: CallOrigin, model: String, endpoint: String) {
        self.key = key
        self.answer = answer
        self.origin = origin
        self.model = model
        self.endpoint = endpoint
    }
}

/// Where a team keeps its answers. Both calls take many keys in one round trip.
package protocol AnswerArchive: Sendable {
    /// The answers that are there.
    ///
    /// - Throws: an ``ArchiveRefusal`` where asking again can't help; anything else where it may.
    func answers(to keys: [CallKey]) async throws -> [CallKey: CachedAnswer]
    /// Keeps answers; those of keys that have one already change nothing.
    ///
    /// - Throws: as ``answers(to:)``.
    func keep(_ answers: [ArchivedAnswer]) async throws
}

/// An archive's answer to what it does not take.
package struct ArchiveRefusal: Error, CustomStringConvertible {
    /// Whether some of the answers may be to blame; else it would take no others either.
    package var isOfSome: Bool
    package var message: String

    package init(isOfSome: Bool, message: String) {
        self.isOfSome = isOfSome
        self.message = message
    }

    package var description: String { message }
}
