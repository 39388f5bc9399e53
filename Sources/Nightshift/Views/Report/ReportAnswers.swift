internal import JSON

/// What a report says about answers beside their mean score: failed assertions, figures of whole splits.
struct ReportAnswers: Sendable {
    private let report: Report

    init(_ report: Report) { self.report = report }

    var rows: [(label: String, text: String)] {
        var rows: [(label: String, text: String)] = []
        if let kind = report.text("split_metric", "kind") {
            let text = comparison { report.number("split_metric", $0, $1)?.percent }
            if !text.isEmpty { rows.append((kind.replacing("_", with: " "), text)) }
        }
        let counts = comparison { who, split in report.value("assertions", who, split).map(Self.text) }
        if !counts.isEmpty { rows.append(("assertions", counts)) }
        return rows
    }

    /// `val 61.0 % → 72.0 %, test …`; one side alone where the other has nothing.
    private func comparison(_ text: (_ who: String, _ split: String) -> String?) -> String {
        ["val", "test"].compactMap { split in
            let sides = [text("baseline", split), report.hasWinner ? text("best", split) : nil].compactMap(\.self)
            return sides.isEmpty ? nil : "\(split) \(sides.joined(separator: " → "))"
        }.joined(separator: "; ")
    }

    private static func text(_ counts: JSON) -> String {
        let parts = [("failed_asserts", "failed"), ("failed_suggests", "suggestions missed"), ("backtracks", "asked again")]
        return parts.compactMap { key, name in
            guard let count = counts[key]?.intValue, count > 0 else { return nil }
            return "\(count.grouped) \(name)"
        }.joined(separator: ", ")
    }
}
