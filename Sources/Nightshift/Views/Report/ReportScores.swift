internal import JSON

/// The scores of a report: from the uncompiled program to the best one, on test and on validation.
struct ReportScores: Sendable {
    private let report: Report
    private let style: Style

    init(_ report: Report, _ style: Style) {
        self.report = report
        self.style = style
    }

    var rows: [(label: String, text: String)] {
        let test = row(split: "test", interval: report.interval("best", "test_interval"))
        let validation = row(split: "val", interval: report.interval("best", "interval"))
        let rows = [test, validation].compactMap(\.self)
        return rows.isEmpty ? [("score", "none: nothing was scored")] : rows
    }

    /// `47.2 % → 66.0 %  +18.8 points [+15.0, +23.0]  95 %: 62.0 to 70.0 %`: the gain with its paired interval, then the best one's.
    private func row(split: String, interval: (lower: Double, upper: Double)?) -> (label: String, text: String)? {
        let baseline = report.number("baseline", split)
        guard let best = report.number("best", split) else { return baseline.map { (split, "\($0.percent), uncompiled") } }
        var text = style.bold(best.percent)
        if let baseline {
            guard report.hasWinner else { return (split, "\(baseline.percent), uncompiled" + bounds(interval)) }
            text = "\(baseline.percent) → \(text)  \(style.gain(best - baseline)) points"
            if let gain = report.interval("best", split == "test" ? "gain_interval" : "val_gain_interval") {
                text += " [\(gain.lower.points), \(gain.upper.points)]"
            }
        }
        return (split, text + bounds(interval))
    }

    private func bounds(_ interval: (lower: Double, upper: Double)?) -> String {
        guard let interval else { return "" }
        return style.dim("  95 %: \((interval.lower * 100).fixed(1)) to \(interval.upper.percent)")
    }
}
