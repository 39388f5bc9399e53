/// Decides whether an endpoint is asked at all. A value: the driver brings the time, in seconds of any steady clock.
///
/// Closed, all calls pass. Many failures in a row, of several requests, open it: then none passes until a wait is over. Half
/// open, one call is the probe; its answer closes the breaker, its failure opens it for longer. A few requests that the server
/// always stumbles over never open it, nor do failures among answers.
package struct CircuitBreaker: Sendable {
    /// A call that may be sent.
    package struct Pass: Sendable, Hashable {
        let isProbe: Bool
    }

    package enum Admission: Sendable, Hashable {
        case go(Pass)
        /// Ask again after so many seconds.
        case wait(Double)
    }

    /// How a call ended, as far as the endpoint is concerned.
    package enum Ending: Sendable, Hashable {
        /// It answered, if only by a refusal.
        case answered
        /// No answer, or one that says that the server is away.
        /// - request: tells requests apart.
        case failed(request: Int)
        /// An answer that says that the server has failed at this request: another one may do well.
        case stumbled(request: Int)
        /// It was given up by the caller.
        case unknown
    }

    private enum State: Sendable, Hashable {
        case closed
        case open(until: Double)
        /// A probe is under way.
        case halfOpen
    }

    /// Failures in a row that open it.
    package static let failures = 12
    /// Of how many requests they must be: those without an answer, or all. Near its end a study may have nothing in flight but a few
    /// requests that the server stumbles over, time and again.
    package static let (leastSilent, leastFailed) = (3, 6)
    /// Seconds of the first wait, and of the longest.
    package static let (shortest, longest) = (1.0, 30.0)

    private var state = State.closed
    private var failures = 0
    private var silent: Set<Int> = []
    private var failed: Set<Int> = []
    private var wait = shortest
    /// When the first of the failures came.
    private(set) package var failingSince: Double?

    package init() {}

    package var isClosed: Bool { state == .closed }

    /// Whether the next call is let pass, to see whether the endpoint is back.
    package func isProbeDue(at now: Double) -> Bool {
        if case .open(let until) = state { now >= until } else { false }
    }

    package mutating func admit(at now: Double) -> Admission {
        switch state {
        case .closed: return .go(Pass(isProbe: false))
        case .open(let until) where now >= until:
            state = .halfOpen
            return .go(Pass(isProbe: true))
        case .open(let until): return .wait(until - now)
        case .halfOpen: return .wait(Self.shortest)
        }
    }

    package mutating func ended(_ pass: Pass, _ ending: Ending, at now: Double) {
        switch ending {
        case .answered:
            self = CircuitBreaker()
        case .failed(let request):
            if silent.count < Self.leastSilent { silent.insert(request) }
            failed(request, pass, at: now)
        case .stumbled(let request):
            // It is there, if it is not well.
            silent = []
            let isProbing = pass.isProbe && state == .halfOpen
            failed(request, pass, at: now)
            if isProbing, failed.count < Self.leastFailed { state = .closed }
        case .unknown:
            // The next call is the probe.
            if pass.isProbe, state == .halfOpen { state = .open(until: now) }
        }
    }

    private mutating func failed(_ request: Int, _ pass: Pass, at now: Double) {
        if failures == 0 { failingSince = now }
        failures += 1
        // Only whether there are many of them counts.
        if failed.count < Self.leastFailed { failed.insert(request) }
        if pass.isProbe, state == .halfOpen {
            wait = min(Self.longest, wait * 2)
            state = .open(until: now + wait)
        } else if state == .closed, failures >= Self.failures,
            silent.count >= Self.leastSilent || failed.count >= Self.leastFailed
        {
            state = .open(until: now + wait)
        }
    }
}
