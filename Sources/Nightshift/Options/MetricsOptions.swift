internal import ArgumentParser
internal import CoreMetrics
internal import Monitoring

/// Whether a process serves its metrics.
struct MetricsOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Serve Prometheus metrics at http://ADDRESS/metrics; a port alone is of the loopback address.",
            valueName: "[HOST:]PORT"))
    var metrics: String?

    func validate() throws {
        if let metrics, MetricsServer.Address(metrics) == nil {
            throw ValidationError("--metrics must be a port or HOST:PORT, not '\(metrics)'")
        }
    }

    /// Counts from now on, and gives what serves: nil where no metrics are asked for.
    ///
    /// - Parameter others: what is looked up at each request beside what the process counts.
    func makeServer(others: @escaping @Sendable () async throws -> [MetricFamily] = { [] }) -> MetricsServer? {
        guard let metrics, let address = MetricsServer.Address(metrics) else { return nil }
        let registry = MetricsRegistry()
        MetricsSystem.bootstrap(registry)
        return MetricsServer(at: address) { try await others() + registry.families }
    }
}

extension MetricsServer {
    /// Serves until the task is cancelled, and says where.
    func serve(_ say: @escaping @Sendable (String) -> Void) async throws {
        do {
            try await run { say("metrics at http://\(address.host):\($0)/metrics") }
        } catch let failure as Failure {
            throw CommandFailure(.surroundings, failure.description)
        }
    }
}
