internal import JSON

/// What a study may spend and has spent, a kind of limit a line.
struct BudgetTable: Sendable {
    var style: Style

    /// - Parameter document: as `nightshift budget --json` prints it, of the study or of one `role`.
    func lines(_ document: JSON) -> [String] {
        let parts: [(key: String, title: String)] = [("used", "used"), ("unconfirmed", "unconfirmed"), ("reserved", "reserved")]
        // What nothing is to be said of needs no column.
        let shown = parts.filter { part in
            part.key == "used" || Self.keys.contains { document[part.key]?[$0.key]?.doubleValue ?? 0 > 0 }
        }
        var table = Table(
            columns: [.init(title: "")] + shown.map { .init(title: $0.title, alignment: .right) }
                + [.init(title: "of", alignment: .right), .init(title: "", alignment: .right)])
        let role = document["role"]?.stringValue
        // Time is the whole study's.
        table.rows = Self.keys.filter { role == nil || $0.key != "wall_s" }.map { key in
            row(key, shown.map(\.key), document, document["budget"], prefix: role.map { $0 + " " } ?? "")
        }
        for (role, account) in role == nil ? document["roles"]?.objectValue ?? [:] : [:] {
            let limits = document["budget"]?["roles"]?[role]
            table.rows += Self.keys.filter { limits?[$0.key]?.doubleValue != nil }.map { key in
                row(key, shown.map(\.key), account, limits, prefix: role + " ")
            }
        }
        let note = "unconfirmed: sent by workers that died, or without an answer; counted at the worst case"
        return table.lines(style: style) + (shown.contains { $0.key == "unconfirmed" } ? [style.dim(note)] : [])
    }

    private static let keys: [(key: String, label: String, text: @Sendable (Double) -> String)] = [
        ("lm_calls", "calls", { Int($0).grouped }), ("tokens", "tokens", { Int($0).short }),
        ("usd", "dollars", { "$" + $0.fixed($0 < 0.1 ? 4 : 2) }), ("wall_s", "time", { $0.duration }),
    ]

    private func row(
        _ key: (key: String, label: String, text: @Sendable (Double) -> String), _ parts: [String], _ account: JSON,
        _ limits: JSON?, prefix: String = ""
    ) -> [String] {
        let values = parts.map { account[$0]?[key.key]?.doubleValue }
        let limit = limits?[key.key]?.doubleValue
        // Both count against the limit.
        let counted = ["used", "unconfirmed"].compactMap { account[$0]?[key.key]?.doubleValue }.reduce(0, +)
        let isKnown = account["used"]?[key.key]?.doubleValue != nil
        return [prefix + key.label] + values.map { $0.map(key.text) ?? (key.key == "wall_s" ? "" : "unknown") }
            + [limit.map(key.text) ?? "no limit", limit.flatMap { isKnown ? (counted / $0).percent : nil } ?? ""]
    }
}
