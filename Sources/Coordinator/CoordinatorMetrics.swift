internal import CoreMetrics

/// What a coordinator counts. Nothing happens where the process serves no metrics.
enum CoordinatorMetrics {
    static func decided(_ stage: String) {
        Counter(label: "nightshift_coordinator_decisions", dimensions: [("stage", stage)]).increment()
    }

    /// Units whose worker was lost.
    static func reaped(_ units: Int) { Counter(label: "nightshift_coordinator_lost_units").increment(by: units) }

    /// Care for the queue or looking for studies failed.
    static func failed() { Counter(label: "nightshift_coordinator_failures").increment() }
}
