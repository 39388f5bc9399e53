/// What the results of the rows of a search say of how much candidates differ on each, where results have two values: right or wrong.
///
/// A graded metric tells nothing here: how much its results differ on a row says more of the metric's grain than of candidates.
struct RowOutcomes: Sendable {
    /// The first two values that were seen.
    private var values: [Double] = []
    private var areTwo = true
    /// By row: how many results, and how many of them are the first value.
    private var counts: [Int: (all: Int, first: Int)] = [:]

    mutating func take(_ score: Double, of row: Int) {
        if !values.contains(score) {
            if values.count < 2 { values.append(score) } else { areTwo = false }
        }
        let (all, first) = counts[row] ?? (0, 0)
        counts[row] = (all + 1, first + (score == values[0] ? 1 : 0))
    }

    /// How much a further result on the row is expected to differ from candidate to candidate: E[p(1 − p)] for the share p of candidates
    /// that are right, uniform before any is seen, (1 + k)(1 + n − k) / ((n + 2)(n + 3)) with k ones among n. 1/6 where nothing is known.
    func expectedVariance(of row: Int) -> Double {
        guard areTwo, let (all, first) = counts[row] else { return 1 / 6 }
        return Double((1 + first) * (1 + all - first)) / Double((all + 2) * (all + 3))
    }
}
