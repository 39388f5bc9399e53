internal import JSON

/// What a report says of the workers' slots during the search.
struct ReportSlots: Sendable {
    private let report: Report

    init(_ report: Report) { self.report = report }

    var rows: [(label: String, text: String)] {
        guard let available = report.count("slots", "available"), available > 0, let idle = report.number("slots", "idle") else {
            return []
        }
        let unused = report.count("slots", "unused") ?? 0
        var text = "\((available - unused).grouped) of \(available.grouped) used by the search, idle \(idle.percent) of its time"
        if unused > 0 {
            text +=
                report.count("slots", "width").map {
                    "; with \($0.counted("example")) ahead of its results it keeps no more busy"
                } ?? "; on average its steps have no more under way"
        }
        return [("slots", text)]
    }
}
