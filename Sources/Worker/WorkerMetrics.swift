internal import CoreMetrics
internal import JSON
internal import Store

/// What a worker counts: results, leases, LM calls. Nothing happens where the process serves no metrics.
enum WorkerMetrics {
    static func ended(_ result: UnitResult) {
        let outcome =
            switch result.content {
            case .example(_, let outcome, _, _): outcome.rawValue
            case .proposal(_, let error): error == nil ? "proposal" : "proposal_error"
            }
        Counter(label: "nightshift_worker_results", dimensions: [("outcome", outcome)]).increment()
        for (role, usage) in result.usage.objectValue ?? [:] {
            for key in ["calls", "attempts", "cached"] { count(usage[key], "nightshift_lm_\(key)", [("role", role)]) }
            count(usage["prompt_tokens"], "nightshift_lm_tokens", [("role", role), ("kind", "prompt")])
            count(usage["completion_tokens"], "nightshift_lm_tokens", [("role", role), ("kind", "completion")])
        }
        record(.milliseconds(result.latencyMilliseconds), "nightshift_worker_example")
        record(.milliseconds(result.waitedMilliseconds), "nightshift_worker_example_wait")
    }

    private static func count(_ value: JSON?, _ label: String, _ dimensions: [(String, String)]) {
        guard let amount = value?.intValue, amount > 0 else { return }
        Counter(label: label, dimensions: dimensions).increment(by: amount)
    }

    static func leased(_ units: Int, in time: Duration) {
        Counter(label: "nightshift_worker_leased_units").increment(by: units)
        record(time, "nightshift_worker_lease")
    }

    static func reported(in time: Duration) { record(time, "nightshift_worker_report") }

    static func failed(_ kind: String) { Counter(label: "nightshift_worker_failures", dimensions: [("kind", kind)]).increment() }

    /// - Parameters:
    ///   - held: units in hand.
    ///   - waiting: results that the database has not taken yet.
    static func state(held: Int, waiting: Int) {
        Meter(label: "nightshift_worker_held_units").set(held)
        Meter(label: "nightshift_worker_waiting_results").set(waiting)
    }

    private static func record(_ time: Duration, _ label: String) {
        Timer(label: label).recordNanoseconds(Int64(time / .nanoseconds(1)))
    }
}

extension Worker {
    /// To be called wherever units come or go, and wherever results do.
    func showState() { WorkerMetrics.state(held: queue.heldCount, waiting: results.count) }
}
