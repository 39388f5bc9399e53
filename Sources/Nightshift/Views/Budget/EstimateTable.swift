internal import JSON

/// What a study is likely to take.
struct EstimateTable: Sendable {
    var style: Style

    /// - Parameter document: as `nightshift compile --dry-run --json` prints it.
    func lines(_ document: JSON) -> [String] {
        let columns = ["low", "likely", "high"].filter { document["estimate"]?[$0] != nil }
        var table = Table(columns: [.init(title: "estimate")] + columns.map { .init(title: $0, alignment: .right) })
        func row(_ label: String, _ key: String, _ text: (Double) -> String) -> [String] {
            [label] + columns.map { document["estimate"]?[$0]?[key]?.doubleValue.map(text) ?? "unknown" }
        }
        let dollars: (Double) -> String = { "$" + $0.fixed($0 < 0.1 ? 4 : 2) }
        table.rows = [
            row("calls", "calls") { Int($0).grouped }, row("tokens", "tokens") { Int($0).short },
            row("dollars", "usd", dollars), row("time", "wall_s", \.duration),
        ]
        var lines = table.lines(style: style)
        let roles = (document["by_role"]?.objectValue ?? [:]).compactMap { role, figures in
            figures["calls"]?.intValue.map { "\(role) \($0.grouped)" }
        }
        if roles.count > 1 { lines.append("calls by role: " + roles.joined(separator: ", ")) }
        if let count = document["trainings"]?.intValue {
            lines.append("and \(count.counted("training job")), whose price is not known")
        }
        let unpriced = (document["unpriced"]?.arrayValue ?? []).compactMap(\.stringValue)
        if !unpriced.isEmpty {
            lines.append(
                """
                no price is known for \(unpriced.joined(separator: ", ")): \
                add it to the file of prices (NIGHTSHIFT_PRICES, else ~/.config/nightshift/prices.json)
                """
            )
        }
        if let seconds = document["assumed"]?["call_s"]?.doubleValue, let slots = document["assumed"]?["in_flight"]?.intValue {
            lines.append(
                style.dim(
                    "time: at \(seconds.fixed(0)) s a call and \(slots.grouped) in flight; what the cache answers costs nothing"))
        }
        return lines
    }
}
