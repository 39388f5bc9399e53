/// A cached answer of an LM, as it is stored.
package struct AnswerRecord: Sendable, Hashable {
    /// 64 hexadecimal digits.
    package var key: String
    /// A JSON document.
    package var answer: String
    package var promptTokens: Int
    package var completionTokens: Int

    package init(key: String, answer: String, promptTokens: Int, completionTokens: Int) {
        self.key = key
        self.answer = answer
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
    }
}

/// Where a cached answer comes from.
package struct AnswerSource: Sendable, Hashable {
    package var endpoint: String
    /// `provider/NAME`.
    package var model: String
    package var role: String
    /// Public id; empty outside of any study.
    package var study: String

    package init(endpoint: String, model: String, role: String, study: String) {
        self.endpoint = endpoint
        self.model = model
        self.role = role
        self.study = study
    }
}

/// What the cache holds of one model.
package struct CacheStatistics: Sendable, Hashable {
    package var endpoint: String
    package var model: String
    package var answers: Int
    package var bytes: Int
    /// What the answers had taken.
    package var promptTokens: Int
    package var completionTokens: Int
    /// When the oldest and the newest of them were written.
    package var oldest: String
    package var newest: String

    package init(
        endpoint: String, model: String, answers: Int, bytes: Int, promptTokens: Int, completionTokens: Int, oldest: String,
        newest: String
    ) {
        self.endpoint = endpoint
        self.model = model
        self.answers = answers
        self.bytes = bytes
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
        self.oldest = oldest
        self.newest = newest
    }
}
