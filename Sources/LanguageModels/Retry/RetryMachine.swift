package import Programs

/// Decides what follows a failed attempt of one request. A value: it neither sleeps nor reads a clock.
///
/// Waits are exponential with full jitter: uniform between 0 and min(ceiling, base × 2ⁿ⁻¹) after the n-th failure (Marc
/// Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog 2015). Where the provider says how long, that holds,
/// up to the ceiling, plus a little jitter so that those who were told the same do not come back at once.
package struct RetryMachine: Sendable {
    package enum Action: Sendable, Hashable {
        /// Send again after this time.
        case wait(Duration)
        /// Stop; the error carries the usage of all attempts.
        case fail(LanguageModelError)
    }

    private let policy: RetryPolicy
    /// Failures in all, and those of them that were no rate limits.
    private var failures = 0
    private var otherFailures = 0
    /// Attempts that failed because the provider was away.
    private var held = 0
    /// How many of those do not count. Held calls go one at a time, in any order, so an outage takes few of each.
    private static let mostHeld = 20
    /// What the failed attempts cost.
    package private(set) var usage = Usage.zero

    package init(policy: RetryPolicy) { self.policy = policy }

    package mutating func failed(
        _ error: LanguageModelError, using generator: inout some RandomNumberGenerator
    ) -> Action {
        usage += error.usage
        if error.isProviderAway, held < Self.mostHeld {
            held += 1
            return .wait(.zero)
        }
        failures += 1
        if error.kind != .rateLimited { otherFailures += 1 }
        let mayGoOn =
            error.isRetryable && otherFailures < policy.maxAttempts
            && failures < max(policy.maxAttempts, policy.maxRateLimitedAttempts)
        return mayGoOn ? .wait(delay(error.retryAfter, using: &generator)) : fail(error)
    }

    /// The task was cancelled while it waited.
    package func cancelled() -> LanguageModelError {
        LanguageModelError(.cancelled, "the call was cancelled", usage: usage)
    }

    private func fail(_ error: LanguageModelError) -> Action {
        var error = error
        error.usage = usage
        if failures > 1 { error.message += " (after \(failures) attempts)" }
        return .fail(error)
    }

    private func delay(_ retryAfter: Duration?, using generator: inout some RandomNumberGenerator) -> Duration {
        let draw = Double.random(in: 0..<1, using: &generator)
        if let retryAfter {
            let told = min(retryAfter, policy.ceiling)
            return told + min(max(told / 10, .milliseconds(100)), .seconds(1)) * draw
        }
        let doublings = min(failures - 1, 20)
        return min(policy.ceiling, policy.base * (1 << doublings)) * draw
    }
}
