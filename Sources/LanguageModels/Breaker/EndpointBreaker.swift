internal import Programs
internal import Synchronization

/// Holds the calls of one endpoint while it is away, as its ``CircuitBreaker`` says.
package final class EndpointBreaker: Sendable {
    private struct State {
        var breaker = CircuitBreaker()
        var reason = ""
        var hasAnswered = false
        /// Calls that are held.
        var held = 0
    }

    /// Until when a call of this task is held at most: programs of others rather hear that the endpoint is away. nil: until it is
    /// back.
    @TaskLocal static var heldUntil: ContinuousClock.Instant?

    /// How long calls to an endpoint that has never answered are held before they fail; nil: for ever.
    private let patience: Duration?

    private let state = Mutex(State())
    private let start = ContinuousClock.now
    /// How often those who wait look, at most: they also wait for others' probes.
    private static let look = 0.5

    private var now: Double { (ContinuousClock.now - start) / .seconds(1) }

    init(patience: Duration? = nil) { self.patience = patience }

    var isClosed: Bool { state.withLock { $0.breaker.isClosed } }

    /// Why the endpoint is taken for away; nil: it is not.
    package var outage: String? { state.withLock { $0.breaker.isClosed ? nil : $0.reason } }

    /// Why calls are held; nil: they are not, or nobody is there who would try whether the endpoint is back.
    package var waiting: String? {
        let now = now
        return state.withLock { state in
            state.breaker.isClosed || state.held == 0 && state.breaker.isProbeDue(at: now) ? nil : state.reason
        }
    }

    /// Returns when a call may be sent.
    /// - Throws: an error of kind `cancelled` where the task is cancelled, `unreachable` where patience has ended.
    func admit() async throws(LanguageModelError) -> CircuitBreaker.Pass {
        let now = now
        if let error = overdue { throw error }
        if case .go(let pass) = state.withLock({ $0.breaker.admit(at: now) }) { return pass }
        state.withLock { $0.held += 1 }
        defer { state.withLock { $0.held -= 1 } }
        return try await CallWait.provider.timed { () async throws(LanguageModelError) in try await wait() }
    }

    private func wait() async throws(LanguageModelError) -> CircuitBreaker.Pass {
        while true {
            let now = now
            if let error = overdue { throw error }
            switch state.withLock({ $0.breaker.admit(at: now) }) {
            case .go(let pass): return pass
            case .wait(let seconds):
                if let reason = lostPatience(at: now) {
                    let time = Int(patience.map { $0 / .seconds(1) } ?? 0)
                    throw LanguageModelError(.unreachable, "\(reason) (no answer since the start, for \(time) s)")
                }
                // Not all at once when the wait is over.
                let delay = min(min(seconds, Self.look) * Double.random(in: 1...1.2), untilOverdue ?? .infinity)
                do { try await Task.sleep(for: .seconds(delay)) } catch {
                    throw LanguageModelError(.cancelled, "the call was cancelled")
                }
            }
        }
    }

    /// Seconds until the task's calls are held no longer.
    private var untilOverdue: Double? { Self.heldUntil.map { max(0, ($0 - .now) / .seconds(1)) } }

    /// Why the task's calls are held no longer: their time is over, and the endpoint is still away.
    private var overdue: LanguageModelError? {
        guard untilOverdue == 0, let outage else { return nil }
        return LanguageModelError(.unreachable, "\(outage) (the endpoint is away, and the call has waited for it)")
    }

    /// Why the endpoint does not answer, where it never has and that has lasted too long.
    private func lostPatience(at now: Double) -> String? {
        guard let patience else { return nil }
        return state.withLock { state in
            guard !state.hasAnswered, let since = state.breaker.failingSince, now - since >= patience / .seconds(1) else {
                return nil
            }
            return state.reason
        }
    }

    /// - Parameter reason: what went wrong, in words.
    /// - Returns: whether calls are held from now on.
    @discardableResult
    func ended(_ pass: CircuitBreaker.Pass, _ ending: CircuitBreaker.Ending, reason: String = "") -> Bool {
        let now = now
        return state.withLock { state in
            state.breaker.ended(pass, ending, at: now)
            switch ending {
            case .failed: state.reason = reason
            case .answered: state.hasAnswered = true
            case .unknown: break
            }
            return !state.breaker.isClosed
        }
    }
}
