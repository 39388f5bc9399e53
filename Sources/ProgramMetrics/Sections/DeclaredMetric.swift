package import JSON
package import Programs

/// The metric of a study file's `metric` section: `{kind: exact_match, field: intent}`. `field` is the output that is judged,
/// by default the only one; `label` the field of the row that it is compared with, by default of the same name, where a list
/// means any of several right answers.
///
/// What the metric throws when it scores is a ``MetricError`` or a ``MetricServiceError``.
/// - Parameter services: ``MetricServices/none`` to check the section only.
/// - Throws: everything that is wrong, with paths from the section's root; also services that the metric needs and has not.
package func metric(
    section: JSON, outputs: [String], services: MetricServices = .none
) throws(Diagnostics) -> any Metric {
    try MetricReader.plan(section, outputs: outputs).make(services)
}

/// The section with the names written out that it leaves to their defaults, so that writing them says nothing new.
/// - Throws: as ``metric(section:outputs:services:)``.
package func completedMetricSection(_ section: JSON, outputs: [String]) throws(Diagnostics) -> JSON {
    .object(try MetricReader.plan(section, outputs: outputs).section)
}

/// The fields that every row must have for the metric of `section`; `outputs` are the program's. Empty for a wrong section.
package func requiredLabels(section: JSON, outputs: [String] = []) -> [String] {
    // A section with its names written out can be read without the program.
    let named = ["field", "passages"].compactMap { section[$0]?.stringValue }
    let plan = try? MetricReader.plan(section, outputs: outputs.isEmpty ? named : outputs)
    return plan?.labels ?? []
}

/// The models that the metric of `section` asks: `.judge`, `.embedding`.
package func requiredRoles(section: JSON) -> Set<Role> {
    kinds(in: section).reduce(into: []) { $0.formUnion($1.roles) }
}

/// The names of the metrics written in Swift that the metric of `section` is, or is made of.
package func registeredMetricNames(section: JSON) -> [String] {
    let parts = section["weighted"]?.arrayValue ?? []
    let own = section["kind"] == "swift" ? section["name"]?.stringValue : nil
    return [own].compactMap(\.self) + parts.flatMap { $0["metric"].map(registeredMetricNames) ?? [] }
}

/// The executables of the programs that the metric of `section` is, or is made of.
package func metricExecutables(section: JSON) -> [String] {
    let parts = section["weighted"]?.arrayValue ?? []
    let own = section["kind"] == "process" ? section["command"]?[0]?.stringValue : nil
    return [own].compactMap(\.self) + parts.flatMap { $0["metric"].map(metricExecutables) ?? [] }
}

/// How a split is to be judged as a whole; nil where the mean of its scores says it all.
package func splitMetric(section: JSON, outputs: [String]) -> SplitMetric? {
    let plan = try? MetricReader.plan(section, outputs: outputs)
    return plan?.split
}

/// The least score with which a traced run serves as a demo where the study does not say (`metric_threshold`).
///
/// nil: any score above 0, which is right for metrics of 0 and 1. What a model grades is above 0 for nearly every answer, and
/// would let every run through: there it is 0.66, DSPy's threshold for SemanticF1 and CompleteAndGrounded.
package func acceptanceThreshold(section: JSON) -> Double? {
    section["threshold"] == nil && kinds(in: section).contains(where: \.isGradedByModel) ? 0.66 : nil
}

/// The kinds of the section and of its parts.
private func kinds(in section: JSON) -> [MetricKind] {
    let parts = section["weighted"]?.arrayValue ?? []
    guard let kind = MetricKind(name: section["kind"]?.stringValue, isWeighted: !parts.isEmpty) else { return [] }
    return kind == .weighted ? [kind] + parts.flatMap { $0["metric"].map(kinds) ?? [] } : [kind]
}
