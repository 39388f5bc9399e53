/// Decides when calls of one model at one endpoint may be sent. A value: the driver brings the time, in seconds of any steady
/// clock, and makes callers wait.
///
/// It keeps the user's limits, the provider's as far as its answers tell them, and what ``AdaptiveRate`` finds of the rest.
package struct RateLimiter: Sendable {
    /// A call that may be sent.
    package struct Permit: Sendable, Hashable {
        let sentAt: Double
        let tokens: Double
    }

    package enum Admission: Sendable, Hashable {
        case go(Permit)
        /// Ask again after so many seconds, or when a call has ended.
        case wait(Double)
        /// As many calls are under way as may be: ask again when one has ended.
        case waitForAnother
    }

    /// How a call ended, as far as limits are concerned.
    package enum Ending: Sendable, Hashable {
        /// - tokens: what it took, where the provider counts them.
        case answered(tokens: Int)
        /// The provider limits the rate, or is overloaded.
        /// - wait: seconds that it asks to wait.
        case refused(wait: Double?)
        /// Anything else: it says nothing about limits.
        case other
    }

    /// Seconds; a provider that asks for a longer wait is asked again sooner.
    package static let longestWait = 60.0
    /// Looks again at least this often: the rate grows meanwhile.
    private static let longestLook = 1.0
    /// Seconds' worth of calls that may go at once.
    private static let depth = 0.1

    package var limits: CallLimits
    private(set) package var inFlight = 0
    private var adaptive = AdaptiveRate()
    private var requests = Allowance(depth: depth)
    private var userRequests = Allowance(depth: 1)
    private var tokens = Allowance(depth: 1)
    private var headers = ProviderLimits()
    /// As headers, or others of the team, have told.
    private var headersPauseUntil = -Double.infinity

    package init(limits: CallLimits = CallLimits()) { self.limits = limits }

    /// Why calls wait, and until when at least; nil where they need not.
    package func pause(at now: Double) -> Double? {
        let until = max(adaptive.pausedUntil, headersPauseUntil)
        return until > now ? until : nil
    }

    /// Calls per second that may be sent now, as found so far; nil: nothing was refused yet.
    package func rate(at now: Double) -> Double? { adaptive.rate(at: now) }

    /// - Parameter tokens: what the call takes, about; corrected when it has ended.
    package mutating func admit(tokens wanted: Int, at now: Double) -> Admission {
        if let limit = limits.concurrency, inFlight >= limit { return .waitForAnother }
        if let pause = pause(at: now) { return .wait(min(pause - now, Self.longestLook)) }
        var wait = 0.0
        if let rate = adaptive.rate(at: now) {
            requests.fill(rate: rate, at: now)
            wait = max(wait, requests.wait(rate: rate))
        }
        if let rate = requestsPerSecond {
            userRequests.fill(rate: rate, at: now)
            wait = max(wait, userRequests.wait(rate: rate))
        }
        if let rate = tokensPerSecond {
            self.tokens.fill(rate: rate, at: now)
            wait = max(wait, self.tokens.wait(rate: rate))
        }
        if wait > 0 {
            adaptive.isWanted(at: now)
            return .wait(min(wait, Self.longestLook))
        }
        // What nobody limits is not counted: nothing is owed when somebody does.
        if adaptive.rate(at: now) != nil { requests.take(1) }
        if requestsPerSecond != nil { userRequests.take(1) }
        if limitsTokens { self.tokens.take(Double(wanted)) }
        adaptive.sent(at: now)
        inFlight += 1
        return .go(Permit(sentAt: now, tokens: Double(wanted)))
    }

    /// Nobody waits: what the rate allows is not used.
    package mutating func idles(at now: Double) { adaptive.idles(at: now) }

    package mutating func ended(_ permit: Permit, _ ending: Ending, at now: Double) {
        inFlight -= 1
        switch ending {
        case .answered(let count):
            adaptive.answered(at: now)
            if count > 0, limitsTokens { tokens.correct(Double(count) - permit.tokens) }
        case .refused(let wait):
            let before = adaptive.cutAt
            adaptive.refused(sentAt: permit.sentAt, wait: wait.map { min(max($0, 0), Self.longestWait) }, at: now)
            if adaptive.cutAt > before { requests.empty(at: now) }
        case .other: break
        }
    }

    /// Another process of the team was asked to wait. A pause that is under way here is not extended.
    package mutating func pause(seconds: Double, at now: Double) {
        guard pause(at: now) == nil else { return }
        headersPauseUntil = now + min(max(seconds, 0), Self.longestWait)
        requests.empty(at: now)
    }

    /// What an answer's headers say. Those of a call that was sent before a pause are old news.
    package mutating func read(_ said: ProviderLimits, of permit: Permit, at now: Double) {
        guard permit.sentAt > headersPauseUntil, permit.sentAt > adaptive.cutAt else { return }
        headers = said.keeping(headers)
        if let reset = said.secondsUntilReset {
            headersPauseUntil = now + min(reset, Self.longestWait)
            requests.empty(at: now)
        }
    }

    /// Whether tokens are counted.
    var limitsTokens: Bool { tokensPerSecond != nil }

    private var requestsPerSecond: Double? {
        [limits.requestsPerMinute, headers.requestsPerMinute].compactMap { $0 }.min().map { $0 / 60 }
    }

    private var tokensPerSecond: Double? {
        [limits.tokensPerMinute, headers.tokensPerMinute].compactMap { $0 }.min().map { $0 / 60 }
    }
}
