/// What a user allows of one model's calls, beside what the provider enforces.
package struct CallLimits: Sendable, Hashable {
    /// nil: as many as the provider takes.
    package var requestsPerMinute: Double?
    /// Of prompts and completions together.
    package var tokensPerMinute: Double?
    /// How many calls may be under way at once.
    package var concurrency: Int?

    package init(requestsPerMinute: Double? = nil, tokensPerMinute: Double? = nil, concurrency: Int? = nil) {
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
        self.concurrency = concurrency
    }

    /// A share of them, 0…1; one call at a time is always allowed.
    func scaled(_ share: Double) -> CallLimits {
        CallLimits(
            requestsPerMinute: requestsPerMinute.map { $0 * share }, tokensPerMinute: tokensPerMinute.map { $0 * share },
            concurrency: concurrency.map { max(1, Int(Double($0) * share)) })
    }
}
