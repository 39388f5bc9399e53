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
    /// - Parameter end: until when it is held at most; nil: until the endpoint is back.
    /// - Throws: an error of kind `cancelled` where the task is cancelled, `unreachable` where patience or the call's time has ended.
    func admit(until end: ContinuousClock.Instant? = nil) async throws(LanguageModelError) -> CircuitBreaker.Pass {
        let now = now
        if let error = overdue(end) { throw error }
        if case .go(let pass) = state.withLock({ $0.breaker.admit(at: now) }) { return pass }
        state.withLock { $0.held += 1 }
        defer { state.withLock { $0.held -= 1 } }
        return try await CallWait.provider.timed { () async throws(LanguageModelError) in try await wait(until: end) }
    }

    private func wait(until end: ContinuousClock.Instant?) async throws(LanguageModelError) -> CircuitBreaker.Pass {
        while true {
            let now = now
            if let error = overdue(end) { throw error }
            switch state.withLock({ $0.breaker.admit(at: now) }) {
            case .go(let pass): return pass
            case .wait(let seconds):
                if let reason = lostPatience(at: now) {
                    let time = Int(patience.map { $0 / .seconds(1) } ?? 0)
                    throw LanguageModelError(.unreachable, "\(reason) (no answer since the start, for \(time) s)")
                }
                // Not all at once when the wait is over.
                let delay = min(min(seconds, Self.look) * Double.random(in: 1...1.2), end.map(Self.seconds(until:)) ?? .infinity)
                do { try await Task.sleep(for: .seconds(delay)) } catch {
                    throw LanguageModelError(.cancelled, "the call was cancelled")
                }
            }
        }
    }

    private static func seconds(until end: ContinuousClock.Instant) -> Double { max(0, (end - .now) / .seconds(1)) }

    /// Why a call is held no longer: its time is over, and the endpoint is still away.
    private func overdue(_ end: ContinuousClock.Instant?) -> LanguageModelError? {
        guard let end, Self.seconds(until: end) == 0, let outage else { return nil }
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
            case .failed, .stumbled: state.reason = reason
            case .answered: state.hasAnswered = true
            case .unknown: break
            }
            return !state.breaker.isClosed
        }
    }
}
