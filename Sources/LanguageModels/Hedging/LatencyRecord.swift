internal import Synchronization

/// What the last answers of one role's model took, from sending to the last byte: no wait for a limit or after a failure is in it.
package final class LatencyRecord: Sendable {
    private let window = Mutex(LatencyWindow())

    func add(_ latency: Duration) { window.withLock { $0.add(latency / .seconds(1)) } }

    /// Seconds that 95 of 100 answers took at most; nil while too few are known.
    var p95: Double? { window.withLock { $0.p95 } }
}

/// A percentile of the last few hundred latencies, in seconds. A value.
struct LatencyWindow: Sendable {
    /// So many are remembered; so many are needed before the 95th percentile says anything; it is taken anew after so many.
    static let (size, least, stride) = (400, 40, 20)

    private(set) var p95: Double?
    private var latencies: [Double] = []
    private var next = 0
    private var fresh = 0

    mutating func add(_ seconds: Double) {
        if latencies.count < Self.size { latencies.append(seconds) } else { latencies[next] = seconds }
        next = (next + 1) % Self.size
        fresh += 1
        guard latencies.count >= Self.least, fresh >= Self.stride || p95 == nil else { return }
        fresh = 0
        p95 = latencies.sorted()[latencies.count * 95 / 100]
    }
}
