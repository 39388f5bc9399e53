internal import JSON

extension MetricReader {
    mutating func fieldComparison(_ kind: MetricKind) -> MetricPlan? {
        let (tolerance, reading, threshold) = (tolerance(), reading(), kind.keys.contains("threshold") ? threshold() : nil)
        guard let (field, label) = fieldAndLabel() else { return nil }
        let compare: Comparison.Function =
            switch kind {
            case .f1: Comparison.f1
            case .hotPotF1: Comparison.hotPotF1
            case .contains: Comparison.contains
            case .numeric: Comparison.numeric(tolerance: tolerance, reading: reading)
            default: Comparison.exactMatch
            }
        let metric = FieldComparison(field: field, label: label, threshold: threshold, compare: compare)
        let split = SplitMetric.Kind(rawValue: kind.rawValue).map { SplitMetric(kind: $0, field: field, label: label) }
        return MetricPlan(kind: kind, section: section, labels: [label], split: split) { _ throws(Diagnostics) in metric }
    }

    private mutating func tolerance() -> Double {
        guard let value = members["tolerance"] else { return 1e-6 }
        guard let tolerance = value.doubleValue, tolerance >= 0 else {
            report("tolerance", "'tolerance' is a number from 0, not \(value.serialized())")
            return 0
        }
        return tolerance
    }

    private mutating func reading() -> NumberReading {
        guard let name = string("extract") else { return .lastNumber }
        let names = NumberReading.allCases.map(\.rawValue)
        if NumberReading(rawValue: name) == nil {
            report("extract", "unknown reading '\(name)'\(Self.hint(name, names)) Known: \(names.joined(separator: ", "))")
        }
        return NumberReading(rawValue: name) ?? .lastNumber
    }

    mutating func passageMatch() -> MetricPlan? {
        let passages = output("passages", usual: "context")
        guard let passages, let label = rowField("label", usual: "answer") else { return nil }
        let metric = PassageMatch(passages: passages, label: label)
        return MetricPlan(kind: .passageMatch, section: section, labels: [label]) { _ throws(Diagnostics) in metric }
    }

    /// One output with one label; or, of a program with several outputs and without `field`, all of them by name.
    mutating func jsonEquality() -> MetricPlan? {
        let (rules, threshold) = (fieldRules(), threshold())
        let subject: JSONEquality.Subject
        let labels: [String]
        if outputs.count > 1, members["field"] == nil, members["label"] == nil {
            let names = rules.isEmpty ? outputs : rules.map(\.name)
            for name in names { check(output: name, at: path.appending("fields").appending(name)) }
            (subject, labels) = (.outputs(names), names)
        } else {
            guard let (field, label) = fieldAndLabel() else { return nil }
            (subject, labels) = (.field(field, label: label), [label])
        }
        let metric = JSONEquality(subject: subject, fields: rules, threshold: threshold)
        return MetricPlan(kind: .jsonEquality, section: section, labels: labels) { _ throws(Diagnostics) in metric }
    }

    /// `{name: exact, price: {kind: numeric, tolerance: 0.01}}`.
    private mutating func fieldRules() -> [(name: String, compare: Comparison.Function)] {
        guard let value = members["fields"] else { return [] }
        guard let fields = value.objectValue, !fields.isEmpty else {
            let example = "{name: exact, price: numeric}"
            report("fields", "'fields' says how each is compared, such as \(example), not \(value.serialized())")
            return []
        }
        return fields.compactMap { name, rule in
            let path = path.appending("fields").appending(name)
            guard let compare = comparison(rule, path: path) else { return nil }
            return (name, { answer, reference throws(MetricError) in try compare(answer, reference) })
        }
    }

    private mutating func comparison(_ rule: JSON, path: JSONPath) -> Comparison.Function? {
        let rules: [(name: String, compare: Comparison.Function)] = [
            ("exact", Comparison.exactMatch), ("equal", Comparison.equal), ("f1", Comparison.f1),
            ("hotpot_f1", Comparison.hotPotF1), ("contains", Comparison.contains),
            ("numeric", Comparison.numeric(tolerance: 1e-6, reading: .lastNumber)),
        ]
        let names = rules.map(\.name)
        guard let name = rule.stringValue ?? rule["kind"]?.stringValue else {
            report(path, "a comparison is one of \(names.joined(separator: ", ")), or {kind: numeric, tolerance: 0.01}")
            return nil
        }
        guard let found = rules.first(where: { $0.name == name || ($0.name == "exact" && name == "exact_match") }) else {
            report(path, "unknown comparison '\(name)'\(Self.hint(name, names)) Known: \(names.joined(separator: ", "))")
            return nil
        }
        guard let settings = rule.objectValue else { return Self.alternatives(found) }
        let allowed = name == "numeric" ? ["kind", "tolerance", "extract"] : ["kind"]
        for key in settings.keys where !allowed.contains(key) {
            let known = "Allowed: \(allowed.joined(separator: ", "))"
            report(path.appending(key), "unknown key '\(key)' of a comparison\(Self.hint(key, allowed)) \(known)")
        }
        guard name == "numeric" else { return Self.alternatives(found) }
        var reader = MetricReader(reading: settings, at: path, of: self)
        let (tolerance, reading) = (reader.tolerance(), reader.reading())
        take(reader.findings)
        return Self.alternatives((name, Comparison.numeric(tolerance: tolerance, reading: reading)))
    }

    /// A list holds several right values, but for `equal`, where it is the value.
    private static func alternatives(_ rule: (name: String, compare: Comparison.Function)) -> Comparison.Function {
        if rule.name == "equal" { return rule.compare }
        let compare = rule.compare
        return { answer, reference throws(MetricError) in try Comparison.best(answer, reference, by: compare) }
    }
}
