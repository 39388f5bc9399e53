/// What becomes of a request, decided on arrival: a value, driven by the server.
struct Admission: Sendable {
    enum Decision: Sendable, Equatable {
        /// Answer after so many seconds.
        case answer(delay: Double)
        case hang
        case fault
        case reject(retryAfter: Double)
        case unauthorized
    }

    private let seed: UInt64
    private var arrivals: UInt64 = 0
    private var rate = RequestRate()
    /// Sigma of the logarithm of the latency.
    private static let spread = 0.25

    init(seed: UInt64) { self.seed = seed }

    mutating func decide(at now: Double, _ configuration: SimulationConfiguration) -> Decision {
        arrivals += 1
        if configuration.unauthorized { return .unauthorized }
        guard rate.admits(at: now, limit: configuration.requestsPerSecond) else {
            return .reject(retryAfter: configuration.retryAfter)
        }
        // Faults follow the order of arrival, not the request: a repeated request may succeed.
        let draw = Digest(seed: seed ^ 0xFA17).combining(arrivals)
        if draw.uniform(1) < configuration.faultRate { return .fault }
        if draw.uniform(2) < configuration.hangRate { return .hang }
        guard configuration.latencyMilliseconds > 0 else { return .answer(delay: 0) }
        return .answer(delay: configuration.latencyMilliseconds / 1000 * exponential(Self.spread * draw.normal(3)))
    }

    /// e^x for |x| ≤ 1, by its series.
    private func exponential(_ x: Double) -> Double {
        (1...10).reversed().reduce(1) { 1 + $0 * x / Double($1) }
    }
}
