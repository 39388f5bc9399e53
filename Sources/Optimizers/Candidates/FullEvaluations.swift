/// Evaluates every candidate on all rows, in their order.
struct FullEvaluations: CandidateSearch {
    private let rows: [Int]
    /// A fraction: who has it on all rows ends the search.
    private let target: Double?
    private let window: SearchWindow
    private var waiting: ArraySlice<Entrant>

    init(_ entrants: [Entrant], rows: [Int], target: Double?, width: Int?) {
        self.rows = rows
        self.target = target
        waiting = entrants[...]
        window = SearchWindow(width: width, block: rows.count, planned: entrants.count * rows.count)
    }

    var width: Int { window.width }

    /// Whether every candidate is decided.
    var isOver: Bool { waiting.isEmpty }

    mutating func next(_ record: inout PlanRecord) -> StrategyStep {
        while !isTargetReached(record), let entrant = waiting.first {
            if let blocker = window.blocker(in: record) { return .await(blocker) }
            waiting.removeFirst()
            let number = record.trial(of: entrant.state, params: entrant.params, provenance: entrant.provenance)
            let fresh = record.trials[number].unplanned(of: .val, in: rows)
            if !fresh.isEmpty { return .issue(record.search(number, block: fresh)) }
        }
        if let pending = record.oldestPending(of: [.search]) { return .await(pending) }
        return .done(isTargetReached(record) ? .targetScore : .trials)
    }

    private func isTargetReached(_ record: PlanRecord) -> Bool {
        target.map { record.hasReached($0, rows: rows) } ?? false
    }
}
