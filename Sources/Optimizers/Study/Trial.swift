internal import JSON
internal import Programs

/// A candidate under evaluation: what was asked of it and what is known.
struct Trial: Sendable {
    enum Row: Sendable, Hashable {
        case unplanned
        case pending
        /// The metric or the surroundings failed.
        case missing
        case scored(Double)
    }

    let start: TrialStart
    let candidate: Candidate
    /// By split: one entry per row.
    private(set) var rows: [Split: [Row]]
    /// How many search blocks were planned.
    var blocks = 0

    init(start: TrialStart, candidate: Candidate, rowCounts: [Split: Int]) {
        self.start = start
        self.candidate = candidate
        rows = rowCounts.mapValues { Array(repeating: .unplanned, count: $0) }
    }

    var number: Int { start.number }

    private func rows(_ split: Split) -> [Row] { rows[split] ?? [] }

    mutating func plan(_ block: [Int], of split: Split, isRetry: Bool = false) -> [Int] {
        let fresh = isRetry ? block : unplanned(of: split, in: block)
        for row in fresh { rows[split]?[row] = .pending }
        return fresh
    }

    mutating func record(_ value: Row, row: Int, of split: Split) { rows[split]?[row] = value }

    /// The members of `block` that nobody asked for yet, in its order.
    func unplanned(of split: Split, in block: [Int]) -> [Int] {
        let rows = rows(split)
        return block.filter { rows[$0] == .unplanned }
    }

    /// The members of `block` that ended without a score.
    func missing(of split: Split, in block: [Int]) -> [Int] {
        let rows = rows(split)
        return block.filter { rows[$0] == .missing }
    }

    func score(_ row: Int, of split: Split) -> Double? {
        if case .scored(let score) = rows(split)[row] { score } else { nil }
    }

    /// Known scores in the order of `block`.
    func scores(of split: Split, in block: [Int]) -> [Double] {
        let rows = rows(split)
        return block.compactMap { if case .scored(let score) = rows[$0] { score } else { nil } }
    }

    func mean(of split: Split, in block: [Int]) -> Double? { average(scores(of: split, in: block)) }

    /// Whether every row of `block` has ended, with a score or without.
    func isTold(of split: Split, in block: [Int]) -> Bool {
        let rows = rows(split)
        return block.allSatisfy { rows[$0] != .unplanned && rows[$0] != .pending }
    }

    /// The share of the ended rows of `block` that have a score; 0 when none has ended.
    func coverageSoFar(of split: Split, in block: [Int]) -> Double {
        let rows = rows(split)
        let ended = block.count { rows[$0] != .unplanned && rows[$0] != .pending }
        return ended == 0 ? 0 : Double(scores(of: split, in: block).count) / Double(ended)
    }
}

/// The plain mean; nil of nothing.
func average(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
}
