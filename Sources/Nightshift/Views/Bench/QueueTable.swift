/// Both sides of `bench queue`, one line each.
struct QueueTable: Sendable {
    var style = Style.plain

    func lines(_ figures: QueueFigures) -> [String] {
        var table = Table(columns: [
            .init(title: ""), .init(title: "units/s", alignment: .right), .init(title: "server CPU/unit", alignment: .right),
            .init(title: "lease p50", alignment: .right), .init(title: "p99", alignment: .right),
            .init(title: "report p50", alignment: .right), .init(title: "p99", alignment: .right),
        ])
        func milliseconds(_ share: Double, _ values: [Double]) -> String {
            values.isEmpty ? "" : "\(QueueFigures.percentile(share, of: values).fixed(1)) ms"
        }
        table.rows = [("nightshift", figures.ours), ("pgbench", figures.peer)].map { name, side in
            [
                name, side.unitsPerSecond.fixed(0), "\(side.serverMicrosecondsPerUnit.fixed(0)) µs",
                milliseconds(0.5, side.leases),
                milliseconds(0.99, side.leases), milliseconds(0.5, side.reports), milliseconds(0.99, side.reports),
            ]
        }
        let held = figures.bench.holdsTransaction ? ", a transaction held open" : ""
        return table.lines(width: nil, style: style) + [
            "batches of \(figures.bench.batch), \(figures.bench.clients) clients, \(figures.finishedBefore) units finished before\(held): \(figures.ratio.percent) of pgbench"
        ]
    }
}
