/// Which members of a population are best on which validation row (GEPA, arXiv 2507.19457, algorithm 2).
struct ParetoFront: Sendable {
    /// On how many rows each member that is not dominated is one of the best; in the order of the members.
    private(set) var leads: [(member: Int, rows: Int)] = []

    /// - Parameters:
    ///   - scores: by member, then by row; nil where a score is missing.
    ///   - means: by member.
    init(scores: [[Double?]], means: [Double]) {
        let best = Self.best(scores)
        // By row: how many of its best are left; by member: the rows where it is one of them.
        var left = best.map(\.count)
        var own: [Int: [Int]] = [:]
        for (row, members) in best.enumerated() { for member in members { own[member, default: []].append(row) } }
        // The least member goes first. Whoever stays needs some row for itself, and keeps it when others go: one pass is enough.
        for (member, rows) in own.sorted(by: { (means[$0.key], $0.key) < (means[$1.key], $1.key) }) {
            guard rows.allSatisfy({ left[$0] > 1 }) else { continue }
            for row in rows { left[row] -= 1 }
            own[member] = nil
        }
        leads = own.map { (member: $0.key, rows: $0.value.count) }.sorted { $0.member < $1.member }
    }

    var members: [Int] { leads.map(\.member) }

    /// The members with the highest score, for every row that somebody has a score of.
    private static func best(_ scores: [[Double?]]) -> [[Int]] {
        (0..<(scores.first?.count ?? 0)).compactMap { row in
            let known = scores.indices.compactMap { member in scores[member][row].map { (member: member, score: $0) } }
            guard let highest = known.map(\.score).max() else { return nil }
            return known.filter { $0.score == highest }.map(\.member)
        }
    }
}
