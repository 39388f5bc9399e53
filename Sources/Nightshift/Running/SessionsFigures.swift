internal import JSON

struct SessionsFigures: Sendable {
    var bench: SessionsBench
    var units = 0
    var serverTime = Duration.zero
    var poolerTime = Duration.zero
    /// By session.
    private var shares: [Double] = []
    private var leases: [Double] = []
    private var reports: [Double] = []

    init(bench: SessionsBench) { self.bench = bench }

    /// What a ``SessionsClient`` says.
    mutating func add(_ client: JSON) {
        func numbers(_ key: String) -> [Double] { (client[key]?.arrayValue ?? []).compactMap(\.doubleValue) }
        shares += numbers("units")
        leases += numbers("lease_ms")
        reports += numbers("report_ms")
    }

    /// Jain, Chiu and Hawe, "A quantitative measure of fairness", 1984: 1 where all have the same, 1/n where one has all.
    static func jainIndex(_ shares: [Double]) -> Double {
        let squares = shares.reduce(0) { $0 + $1 * $1 }
        guard squares > 0 else { return 0 }
        let sum = shares.reduce(0, +)
        return sum * sum / (Double(shares.count) * squares)
    }

    private func milliseconds(_ time: Duration) -> Double {
        units > 0 ? time / .milliseconds(1) / Double(units) * 1000 : 0
    }

    var json: JSON {
        [
            "sessions": .int(shares.count), "server_connections": .int(bench.connections), "seconds": .int(bench.seconds),
            "batch": .int(bench.batch), "work_ms": .double(bench.work / .milliseconds(1)),
            "units": .int(units), "units_per_s": .double(Double(units) / Double(bench.seconds)),
            "jain_index": .double(Self.jainIndex(shares)),
            "least_units": .double(shares.min() ?? 0), "most_units": .double(shares.max() ?? 0),
            "lease_p50_ms": .double(QueueFigures.percentile(0.5, of: leases)),
            "lease_p99_ms": .double(QueueFigures.percentile(0.99, of: leases)),
            "report_p50_ms": .double(QueueFigures.percentile(0.5, of: reports)),
            "report_p99_ms": .double(QueueFigures.percentile(0.99, of: reports)),
            "server_cpu_ms_per_1000_units": .double(milliseconds(serverTime)),
            "pgbouncer_cpu_ms_per_1000_units": .double(milliseconds(poolerTime)),
        ]
    }

    var lines: [String] {
        func percentiles(_ values: [Double]) -> String {
            let (median, last) = (QueueFigures.percentile(0.5, of: values), QueueFigures.percentile(0.99, of: values))
            return "\(median.fixed(1)) ms, p99 \(last.fixed(1)) ms"
        }
        let (least, most) = (Int(shares.min() ?? 0), Int(shares.max() ?? 0))
        let (server, pooler) = (milliseconds(serverTime).fixed(0), milliseconds(poolerTime).fixed(0))
        return [
            "\(shares.count) sessions over \(bench.connections) connections for \(bench.seconds) s",
            "batches of \(bench.batch) that take \(Int(bench.work / .milliseconds(1))) ms",
            "\((Double(units) / Double(bench.seconds)).fixed(0)) units/s; a session had \(least) to \(most)",
            "Jain index \(Self.jainIndex(shares).fixed(4))",
            "lease \(percentiles(leases)); report \(percentiles(reports))",
            "per 1000 units \(server) ms of the server's processors, \(pooler) ms of pgbouncer's",
        ]
    }
}
