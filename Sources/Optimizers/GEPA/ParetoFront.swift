/// Which members of a population are best on which validation row (GEPA, arXiv 2507.19457, algorithm 2).
struct ParetoFront: Sendable {
    /// On how many rows each member that is not dominated is one of the best; in the order of the members.
    private(set) var leads: [(member: Int, rows: Int)] = []

    /// - Parameters:
    ///   - scores: by member, then by row; nil where a score is missing.
    ///   - means: by member.
    init(scores: [[Double?]], means: [Double]) {
        let best = Self.best(scores)
        // The least member goes first. Whoever stays needs some row for itself, and keeps it when others go: one pass is enough.
        var remaining = Set(best.joined())
        for member in remaining.sorted(by: { (means[$0], $0) < (means[$1], $1) }) {
            let own = best.filter { $0.contains(member) }
            let isDominated = own.allSatisfy { $0.contains { $0 != member && remaining.contains($0) } }
            if isDominated { remaining.remove(member) }
        }
        leads = remaining.sorted().map { member in (member, best.count { $0.contains(member) }) }
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
