internal import Programs
internal import Synchronization

/// Holds the calls of one endpoint while it is away, as its ``CircuitBreaker`` says.
package final class EndpointBreaker: Sendable {
    private struct State {
        var breaker = CircuitBreaker()
        var reason = ""
    }

    private let state = Mutex(State())
    private let start = ContinuousClock.now
    /// How often those who wait look, at most: they also wait for others' probes.
    private static let look = 0.5

    private var now: Double { (ContinuousClock.now - start) / .seconds(1) }

    /// Why calls are held, and for how many seconds the endpoint has failed; nil: they are not.
    package var waiting: (reason: String, seconds: Double)? {
        let now = now
        return state.withLock { state in
            state.breaker.isClosed ? nil : (state.reason, now - (state.breaker.failingSince ?? now))
        }
    }

    /// Returns when a call may be sent.
    /// - Throws: an error of kind `cancelled` where the task is cancelled.
    func admit() async throws(LanguageModelError) -> CircuitBreaker.Pass {
        while true {
            let now = now
            switch state.withLock({ $0.breaker.admit(at: now) }) {
            case .go(let pass): return pass
            case .wait(let seconds):
                // Not all at once when the wait is over.
                let delay = min(seconds, Self.look) * Double.random(in: 1...1.2)
                do { try await Task.sleep(for: .seconds(delay)) } catch {
                    throw LanguageModelError(.cancelled, "the call was cancelled")
                }
            }
        }
    }

    /// - Parameter reason: what went wrong, in words.
    /// - Returns: whether calls are held from now on.
    @discardableResult
    func ended(_ pass: CircuitBreaker.Pass, _ ending: CircuitBreaker.Ending, reason: String = "") -> Bool {
        let now = now
        return state.withLock { state in
            state.breaker.ended(pass, ending, at: now)
            if case .failed = ending { state.reason = reason }
            return !state.breaker.isClosed
        }
    }
}
