internal import SearchSimulation

/// Regret by class and method, after some of the full evaluations.
struct RegretTable: Sendable {
    var style: Style
    var width: Int?

    func lines(_ summaries: [RegretSummary]) -> [String] {
        let budget = summaries.map(\.budget).max() ?? 1
        // Up to eight columns, the last one among them.
        let step = (budget + 7) / 8
        let shown = Array(stride(from: budget, through: 1, by: -step).reversed())
        var table = Table(
            columns: [.init(title: "class"), .init(title: "method"), .init(title: "surfaces", alignment: .right)]
                + shown.map { .init(title: $0 == shown.first ? "regret @\($0)" : "@\($0)", alignment: .right) }
                + [.init(title: "±", alignment: .right)])
        table.rows = summaries.map { summary in
            let (mean, error) = (summary.mean, summary.standardError)
            return [summary.cls, summary.method.rawValue, String(summary.runs.count)] + shown.map { mean[$0 - 1].fixed(2) }
                + [error[budget - 1].fixed(2)]
        }
        return table.lines(width: width, style: style)
    }
}
