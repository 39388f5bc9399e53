internal import Programs

/// What a call waits for on its way.
enum CallWait: String, Sendable {
    case ledger
    case limits
    case provider
    /// The time between a failure and the next attempt.
    case retry

    /// Waits: it counts as no latency of the example that calls.
    func timed<Value, Failure>(_ wait: () async throws(Failure) -> Value) async throws(Failure) -> Value {
        let (meter, start) = (WaitMeter.current, ContinuousClock.now)
        meter?.waitBegan()
        defer {
            meter?.waitEnded()
            CallMetrics.waited(self, .now - start)
        }
        return try await wait()
    }
}
