internal import Programs

/// What is known of bootstrapping every training row with one teacher: each (row, round) runs once, whoever asks for it.
struct BootstrapPool: Sendable {
    enum Row: Sendable {
        /// The next round to run.
        case open(round: Int)
        case pending(round: Int)
        case succeeded([TraceStep])
        /// No round succeeded.
        case failed
    }

    private(set) var rows: [Row]
    private let maxRounds: Int
    private let threshold: Double?

    /// - Parameter threshold: the least score of a success; nil: any score above 0.
    init(rowCount: Int, maxRounds: Int, threshold: Double?) {
        rows = Array(repeating: .open(round: 0), count: rowCount)
        self.maxRounds = maxRounds
        self.threshold = threshold
    }

    mutating func begin(_ row: Int) {
        if case .open(let round) = rows[row] { rows[row] = .pending(round: round) }
    }

    /// An attempt without a score is one without success: the next round is tried, if there is one.
    mutating func tell(_ attempt: Attempt, of row: Int) {
        guard case .pending(let round) = rows[row] else { return }
        if isSuccess(attempt.outcome) {
            rows[row] = .succeeded(attempt.trace)
        } else {
            rows[row] = round + 1 < maxRounds ? .open(round: round + 1) : .failed
        }
    }

    private func isSuccess(_ outcome: ExampleOutcome) -> Bool {
        guard case .scored(let score) = outcome else { return false }
        return threshold.map { score >= $0 } ?? (score > 0)
    }
}

/// How far the sequential algorithm would have come along one order of rows: take successes in this order until there are `size`.
struct OrderedCommit {
    /// The successes so far; all of them once `wanted` is empty.
    private(set) var rows: [Int] = []
    /// Unresolved rows that decide what comes next, at most three for every success that is missing before the first of them.
    private(set) var wanted: [Int] = []

    init(order: [Int], size: Int, pool: BootstrapPool) {
        var unresolved: [Int] = []
        var leading = 0
        for row in order {
            if rows.count == size { break }
            switch pool.rows[row] {
            case .succeeded:
                rows.append(row)
                if unresolved.isEmpty { leading += 1 }
            case .failed: break
            case .open, .pending: unresolved.append(row)
            }
        }
        wanted = Array(unresolved.prefix(3 * (size - leading)))
    }
}
