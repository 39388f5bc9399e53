/// What the results of one row say of how much candidates differ on it.
struct RowOutcomes: Sendable {
    private(set) var count = 0
    private var mean = 0.0
    /// Σ (y − mean)²
    private var squares = 0.0

    mutating func add(_ score: Double) {
        count += 1
        let distance = score - mean
        mean += distance / Double(count)
        squares += distance * (score - mean)
    }

    /// How much the result of a further candidate is expected to vary, as a share of range²: 0…¼ for zeros and ones. There it is E[p(1 − p)]
    /// under the uniform prior, (1 + k)(1 + n − k) / ((n + 2)(n + 3)) with k ones among n, written with Σ (y − mean)² = k(n − k)/n.
    /// - Parameter range: greatest less least score of all rows; 0 where all are equal.
    func expectedVariance(range: Double) -> Double {
        let (count, unit) = (Double(count), range > 0 ? squares / (range * range) : 0)
        return (1 + count * (1 + unit)) / ((count + 2) * (count + 3))
    }
}
