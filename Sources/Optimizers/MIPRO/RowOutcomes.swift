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

    /// The expected variance of a further candidate's result, 0…¼, with all rows' results between 0 and `range`. For zeros and ones it is
    /// E[p(1 − p)] under the uniform prior, (1 + k)(1 + n − k) / ((n + 2)(n + 3)) for k ones among n, written with Σ (y − mean)² = k(n − k)/n.
    func expectedVariance(range: Double) -> Double {
        let (count, unit) = (Double(count), range > 0 ? squares / (range * range) : 0)
        return (1 + count * (1 + unit)) / ((count + 2) * (count + 3))
    }
}
