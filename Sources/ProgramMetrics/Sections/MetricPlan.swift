internal import JSON

/// What a section asks for, before any service is there.
struct MetricPlan: Sendable {
    var kind: MetricKind
    /// The section with its names written out.
    var section: JSONObject
    /// The fields that every row must have, without repetition.
    var labels: [String] = []
    var split: SplitMetric?
    /// The metric with the services that it needs. Where only a check is wanted, a missing one is no fault.
    var make: @Sendable (MetricServices) throws(Diagnostics) -> any Metric
}
