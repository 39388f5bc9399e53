internal import JSON

/// What a request may take at most, known before it is sent.
package enum WorstCase {
    /// What an answer is taken for where neither the study nor the request limits its length.
    static let unlimitedCompletion = 4096
    /// The same of models that think before they answer.
    static let unlimitedThoughts = 32_768

    /// A token stands for a byte at least, so the body of a request has as many bytes as its prompt has tokens, or more: the
    /// few tokens that separate messages are fewer than the bytes of the JSON around them.
    ///
    /// - Parameter completes: whether the answer has tokens of its own; embeddings have none.
    static func amount(of body: JSON, bytes: Int, completes: Bool, _ settings: LanguageModelSettings) -> CallAmount {
        guard completes else { return CallAmount(calls: 1, promptTokens: bytes) }
        let limit = body["max_tokens"]?.intValue ?? body["max_completion_tokens"]?.intValue
        let completion = limit ?? unlimited(settings)
        return CallAmount(calls: 1, promptTokens: bytes, completionTokens: completion * max(1, body["n"]?.intValue ?? 1))
    }

    private static func unlimited(_ settings: LanguageModelSettings) -> Int {
        let thinks = settings.isProvidersOwn && settings.provider == .openai && OpenAICompletion.isReasoningModel(settings.model)
        return thinks ? unlimitedThoughts : unlimitedCompletion
    }

    /// The tokens that an answer to a request of the study's own is taken for.
    package static func completion(_ settings: LanguageModelSettings) -> Int { settings.maxTokens ?? unlimited(settings) }
}
