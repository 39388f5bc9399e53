/// When to send a failed request again.
package struct RetryPolicy: Sendable, Hashable {
    /// How often a request is sent at most, counted over failures other than rate limits.
    package var maxAttempts = 5
    /// How often a request is sent at most in all: the provider asks for patience when it limits the rate.
    package var maxRateLimitedAttempts = 12
    /// The longest wait before the second attempt; it doubles with each further one.
    package var base: Duration = .milliseconds(500)
    /// The longest wait, also where the provider asks for a longer one.
    package var ceiling: Duration = .seconds(60)

    package init() {}

    package init(_ settings: LanguageModelSettings) {
        maxAttempts = settings.maxAttempts
        maxRateLimitedAttempts = settings.maxRateLimitedAttempts
    }
}
