internal import JSON
internal import Store

/// What one side did in its turns.
struct QueueTurn: Sendable {
    var units = 0
    var seconds = 0.0
    /// Processor time of the server's processes.
    var serverTime = Duration.zero
    /// Processor time of the client: pgbench, or this process with what filling the queue takes.
    var clientTime = Duration.zero
    /// Processor time of this process while pgbench works: it fills the queue, as it does in its own turns.
    var fillingTime = Duration.zero
    /// Milliseconds of every call; pgbench gives none.
    var leases: [Double] = []
    var reports: [Double] = []

    mutating func add(_ other: QueueTurn) {
        units += other.units
        seconds += other.seconds
        serverTime += other.serverTime
        clientTime += other.clientTime
        fillingTime += other.fillingTime
        leases += other.leases
        reports += other.reports
    }

    var unitsPerSecond: Double { seconds > 0 ? Double(units) / seconds : 0 }
    /// Microseconds of the server's processors per unit: what a busy machine changes least.
    var serverMicrosecondsPerUnit: Double { units > 0 ? serverTime / .microseconds(1) / Double(units) : 0 }
    var clientMicrosecondsPerUnit: Double { units > 0 ? clientTime / .microseconds(1) / Double(units) : 0 }
    var fillingMicrosecondsPerUnit: Double { units > 0 ? fillingTime / .microseconds(1) / Double(units) : 0 }
}

struct QueueFigures: Sendable {
    var bench: QueueBench
    var finishedBefore: Int
    var ours = QueueTurn()
    var peer = QueueTurn()

    /// Our client's own, without what fills the queue.
    var clientMicrosecondsPerUnit: Double { max(0, ours.clientMicrosecondsPerUnit - peer.fillingMicrosecondsPerUnit) }

    /// What the ratio is where client and server share processors that are all busy.
    var processorRatio: Double {
        let cost = ours.serverMicrosecondsPerUnit + clientMicrosecondsPerUnit
        return cost > 0 ? (peer.serverMicrosecondsPerUnit + peer.clientMicrosecondsPerUnit) / cost : 0
    }

    var ratio: Double { peer.unitsPerSecond > 0 ? ours.unitsPerSecond / peer.unitsPerSecond : 0 }

    static func percentile(_ share: Double, of values: [Double]) -> Double {
        guard !values.isEmpty else { return 0 }
        return values.sorted()[min(values.count - 1, Int(Double(values.count) * share))]
    }

    var json: JSON {
        [
            "batch": .int(bench.batch), "clients": .int(bench.clients), "units_per_s": .double(ours.unitsPerSecond),
            "lease_p50_ms": .double(Self.percentile(0.5, of: ours.leases)),
            "lease_p99_ms": .double(Self.percentile(0.99, of: ours.leases)),
            "report_p50_ms": .double(Self.percentile(0.5, of: ours.reports)),
            "report_p99_ms": .double(Self.percentile(0.99, of: ours.reports)),
            "pgbench_units_per_s": .double(peer.unitsPerSecond), "ratio": .double(ratio),
            "server_cpu_us_per_unit": .double(ours.serverMicrosecondsPerUnit),
            "pgbench_server_cpu_us_per_unit": .double(peer.serverMicrosecondsPerUnit),
            "client_cpu_us_per_unit": .double(clientMicrosecondsPerUnit),
            "pgbench_client_cpu_us_per_unit": .double(peer.clientMicrosecondsPerUnit),
            "cpu_ratio": .double(processorRatio),
            "finished_before": .int(finishedBefore), "long_transaction": .bool(bench.holdsTransaction),
            "pgbench_script": .string(QueueRig.pgbenchScript),
        ]
    }
}
