internal import JSON

/// What a study may spend and has spent, a kind of limit a line.
struct BudgetTable: Sendable {
    var style: Style

    /// - Parameter document: as `nightshift budget --json` prints it.
    func lines(_ document: JSON) -> [String] {
        var table = Table(columns: [
            .init(title: ""), .init(title: "used", alignment: .right), .init(title: "of", alignment: .right),
            .init(title: "", alignment: .right),
        ])
        func row(_ label: String, _ key: String, _ text: (Double) -> String) -> [String] {
            let (used, limit) = (document["used"]?[key]?.doubleValue, document["budget"]?[key]?.doubleValue)
            let part = used.flatMap { used in limit.map { used / $0 } }
            return [label, used.map(text) ?? "unknown", limit.map(text) ?? "no limit", part.map(\.percent) ?? ""]
        }
        table.rows = [
            row("calls", "lm_calls") { Int($0).grouped }, row("tokens", "tokens") { Int($0).short },
            row("dollars", "usd") { "$" + $0.fixed($0 < 0.1 ? 4 : 2) }, row("time", "wall_s", \.duration),
        ]
        return table.lines(style: style)
    }
}
