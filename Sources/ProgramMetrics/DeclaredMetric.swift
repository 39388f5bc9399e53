package import JSON
internal import Programs

/// The kinds of metric that a study file can name.
private enum MetricKind: String, CaseIterable {
    case exactMatch = "exact_match"
    case f1
    case contains
    case numeric

    var keys: [String] { ["kind", "field", "label"] + (self == .numeric ? ["tolerance"] : []) }
}

/// The metric of a study file's `metric` section: `{kind: exact_match, field: intent}`. `field` is the output that is judged,
/// by default the only one; `label` the field of the row that it is compared with, by default of the same name, where a list
/// means any of several right answers.
/// - Throws: everything that is wrong, with paths from the section's root.
package func metric(section: JSON, outputs: [String]) throws(Diagnostics) -> any Metric {
    guard let members = section.objectValue else {
        throw Diagnostics([Diagnostic(JSONPath(), "metric is an object such as {kind: exact_match}, not \(section.kindName)")])
    }
    var findings: [Diagnostic] = []
    func report(_ key: String, _ message: String) { findings.append(Diagnostic(JSONPath([.key(key)]), message)) }
    func string(_ key: String) -> String? {
        guard let value = members[key] else { return nil }
        if value.stringValue == nil { report(key, "'\(key)' is a string, not \(value.kindName)") }
        return value.stringValue
    }
    func hint(_ name: String, _ known: [String]) -> String {
        nearestName(to: name, in: known).map { "; did you mean '\($0)'?" } ?? ";"
    }

    let kinds = MetricKind.allCases.map(\.rawValue)
    let name = string("kind")
    let kind = name.flatMap(MetricKind.init(rawValue:))
    if members["kind"] == nil { report("kind", "a metric needs a kind: \(kinds.joined(separator: ", "))") }
    if let name, kind == nil {
        report("kind", "unknown metric '\(name)'\(hint(name, kinds)) Known: \(kinds.joined(separator: ", "))")
    }
    let allowed = kind?.keys ?? MetricKind.numeric.keys
    for key in members.keys where !allowed.contains(key) {
        report(key, "unknown key '\(key)' in metric\(hint(key, allowed)) Allowed: \(allowed.joined(separator: ", "))")
    }
    let field = string("field") ?? (outputs.count == 1 ? outputs.first : nil)
    if let field, !outputs.contains(field) {
        report("field", "the program has no output '\(field)'\(hint(field, outputs)) Outputs: \(outputs.joined(separator: ", "))")
    } else if field == nil, members["field"] == nil {
        report("field", "the program has several outputs; name the one to judge: \(outputs.joined(separator: ", "))")
    }
    let tolerance = members["tolerance"]?.doubleValue ?? 1e-6
    if let value = members["tolerance"], (value.doubleValue ?? -1) < 0 {
        report("tolerance", "'tolerance' is a number from 0, not \(value.serialized())")
    }
    let label = string("label") ?? field
    guard findings.isEmpty, let kind, let field, let label else { throw Diagnostics(findings) }
    return FieldComparison(field: field, label: label) { answer, reference throws(MetricError) in
        switch kind {
        case .exactMatch: Comparison.exactMatch(answer, reference)
        case .f1: Comparison.f1(answer, reference)
        case .contains: Comparison.contains(answer, reference)
        case .numeric: try Comparison.numeric(answer, reference, tolerance: tolerance)
        }
    }
}

/// The fields that every row must have for the metric of `section`; `outputs` are the program's.
package func requiredLabels(section: JSON, outputs: [String] = []) -> [String] {
    let field = section["field"]?.stringValue ?? (outputs.count == 1 ? outputs.first : nil)
    return (section["label"]?.stringValue ?? field).map { [$0] } ?? []
}
