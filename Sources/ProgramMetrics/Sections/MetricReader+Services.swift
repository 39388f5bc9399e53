internal import JSON

extension MetricReader {
    /// `weighted: [{weight: 2, metric: {…}}, …]`
    mutating func weighted() -> MetricPlan? {
        let threshold = threshold()
        guard let list = members["weighted"]?.arrayValue, !list.isEmpty else {
            report("weighted", "a weighted metric is made of parts: weighted: [{weight: 2, metric: {kind: f1}}, …]")
            return nil
        }
        var parts: [(name: String, weight: Double, plan: MetricPlan)] = []
        var sections: [JSON] = []
        for (index, entry) in list.enumerated() {
            guard let part = part(entry, path: path.appending("weighted").appending(index)) else { continue }
            parts.append(part)
            sections.append(.object((entry.objectValue ?? [:]).merging(["metric": .object(part.plan.section)])))
        }
        section["weighted"] = .array(sections)
        let labels = parts.flatMap(\.plan.labels).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let all = parts
        return MetricPlan(kind: .weighted, section: section, labels: labels) { services throws(Diagnostics) in
            var made: [WeightedSum.Part] = []
            for part in all {
                made.append(WeightedSum.Part(name: part.name, weight: part.weight, metric: try part.plan.make(services)))
            }
            return WeightedSum(parts: made, threshold: threshold)
        }
    }

    private mutating func part(_ entry: JSON, path: JSONPath) -> (name: String, weight: Double, plan: MetricPlan)? {
        guard let members = entry.objectValue, let section = members["metric"] else {
            report(path, "a part is an object such as {weight: 2, metric: {kind: f1}}")
            return nil
        }
        for key in members.keys where key != "weight" && key != "metric" {
            let hint = Self.hint(key, ["weight", "metric"])
            report(path.appending(key), "unknown key '\(key)' in a weighted part\(hint) Allowed: weight, metric")
        }
        let weight = members["weight"].map { $0.doubleValue ?? 0 } ?? 1
        if let given = members["weight"], weight <= 0 {
            report(path.appending("weight"), "'weight' is a number above 0, not \(given.serialized())")
        }
        do {
            let plan = try MetricReader.plan(section, outputs: outputs, path: path.appending("metric"))
            return (plan.kind.rawValue, weight, plan)
        } catch {
            take(error.all)
            return nil
        }
    }

    mutating func registered() -> MetricPlan? {
        let labels = strings("labels") ?? []
        guard let name = string("name") else {
            if members["name"] == nil { report("name", "is missing: the name under which the metric is registered in Swift") }
            return nil
        }
        let place = path.appending("name")
        return MetricPlan(kind: .swift, section: section, labels: labels) { services throws(Diagnostics) in
            let names = services.registered.keys.sorted()
            if services.registered[name] == nil, !services.isCheck {
                let known = names.isEmpty ? "it has none" : "it has: \(names.joined(separator: ", "))"
                throw Diagnostics([
                    Diagnostic(place, "no metric '\(name)' is registered in this executable\(Self.hint(name, names)) \(known)")
                ])
            }
            return RegisteredMetric(name: name, metric: services.registered[name])
        }
    }

    mutating func process() -> MetricPlan? {
        let (labels, timeout) = (strings("labels") ?? [], timeout())
        let command = strings("command")
        guard let command, command.first?.isEmpty == false else {
            if command != nil || members["command"] == nil {
                report("command", "is the executable and its arguments, such as [python3, judge.py]")
            }
            return nil
        }
        let spec = ProcessSpec(command: command, timeout: timeout)
        let place = path.appending("command")
        return MetricPlan(kind: .process, section: section, labels: labels) { services throws(Diagnostics) in
            guard let process = services.process else {
                if services.isCheck { return ProcessMetric(spec: spec, exchange: nil) }
                throw Diagnostics([Diagnostic(place, "no process can be started here")])
            }
            do {
                return ProcessMetric(spec: spec, exchange: try process(spec))
            } catch {
                throw Diagnostics([Diagnostic(place, "\(error)")])
            }
        }
    }

    /// Seconds, or a number with its unit: `60s`, `500ms`, `2m`.
    private mutating func timeout() -> Duration {
        guard let value = members["timeout"] else { return .seconds(60) }
        let units: [(name: String, duration: Duration)] = [
            ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3600)),
        ]
        var duration = value.doubleValue.map { Duration.seconds(1) * $0 }
        if let text = value.stringValue, let unit = units.first(where: { text.hasSuffix($0.name) }) {
            duration = Double(text.dropLast(unit.name.count)).map { unit.duration * $0 }
        }
        if let duration, duration > .zero, duration <= .seconds(86_400) { return duration }
        report("timeout", "'timeout' is a time such as 60s or 500ms, up to a day, not \(value.serialized())")
        return .seconds(60)
    }
}
