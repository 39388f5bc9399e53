internal import Monitoring
internal import Store

/// What the database says of the team's queues, as metrics.
func queueMetrics(_ queues: [QueueHealth], workers: Int) -> [MetricFamily] {
    func each(_ value: (QueueHealth) -> Double) -> [MetricFamily.Sample] {
        queues.map { .init(labels: labels($0), value($0)) }
    }
    func labels(_ queue: QueueHealth) -> [MetricFamily.Label] { [.init("study", queue.id), .init("name", queue.name)] }
    let depth = queues.flatMap { queue in
        [("ready", queue.ready), ("leased", queue.leased), ("delayed", queue.delayed)].map { state, units in
            MetricFamily.Sample(labels: labels(queue) + [.init("state", state)], Double(units))
        }
    }
    return [
        MetricFamily("nightshift_queue_units", .gauge, "Units that are still to be done.", depth),
        MetricFamily("nightshift_queue_oldest_lease_seconds", .gauge, "Age of the oldest lease.", each(\.oldestLeaseSeconds)),
        MetricFamily("nightshift_queue_retried_units", .gauge, "Open units leased more than once.", each { Double($0.retried) }),
        MetricFamily("nightshift_queue_suspect_units", .gauge, "Open units that cost two workers.", each { Double($0.suspect) }),
        MetricFamily("nightshift_queue_failures", .gauge, "Failures of open units.", each { Double($0.failures) }),
        MetricFamily("nightshift_queue_losses", .gauge, "Losses of open units.", each { Double($0.losses) }),
        MetricFamily("nightshift_queue_dead_units", .gauge, "Units set aside since the study began.", each { Double($0.setAside) }),
        MetricFamily("nightshift_study_led", .gauge, "1 where a coordinator leads the study.", each { $0.isLed ? 1 : 0 }),
        MetricFamily("nightshift_study_running", .gauge, "1 where the study runs.", each { $0.state == "running" ? 1 : 0 }),
        MetricFamily(
            "nightshift_coordinator_lag_seconds", .gauge, "How long the first open decision has waited with all its results.",
            each(\.lagSeconds)),
        MetricFamily("nightshift_workers", .gauge, "Live workers of the team.", [.init(Double(workers))]),
    ]
}
