/// How a metric's values become the model's: (clamped value − offset) / unit.
///
/// - A metric of zeros and ones stays as it is: the model's constants are made for it.
/// - Any other is centred on its mean and divided so that its standard deviation is ¼. Values outside 0…1 that lie
///   beyond Tukey's far-out fences (three interquartile ranges beyond the quartiles) count as the fence: one catastrophic
///   value of an unbounded metric must not hide all other differences.
struct ScoreScale: Sendable, Hashable {
    var offset = 0.0
    var unit = 1.0
    /// What is not between these counts as the nearer of them.
    var limits = -greatest...greatest
    var isBinary = true

    /// Values beyond it count as it, so that no variance overflows.
    private static let greatest = 1e150

    /// - Parameter values: finite; in any order.
    init(_ values: [Double]) {
        guard values.contains(where: { $0 != 0 && $0 != 1 }) else { return }
        isBinary = false
        let sorted = values.map { min(max($0, -Self.greatest), Self.greatest) }.sorted()
        limits = Self.fences(sorted)
        // Sums are taken of values divided by the greatest, which neither overflow nor vanish.
        let clamped = sorted.map { min(max($0, limits.lowerBound), limits.upperBound) }
        let greatest = clamped.reduce(0) { max($0, abs($1)) }
        guard greatest > 0 else { return }
        let count = Double(clamped.count)
        let mean = clamped.reduce(0) { $0 + $1 / greatest } / count
        let variance = clamped.reduce(0) { $0 + ($1 / greatest - mean) * ($1 / greatest - mean) } / count
        offset = mean * greatest
        // All equal, but for rounding: any unit will do.
        unit = variance > 1e-24 ? 4 * variance.squareRoot() * greatest : greatest
    }

    func scaled(_ value: Double) -> Double { (min(max(value, limits.lowerBound), limits.upperBound) - offset) / unit }

    func score(_ scaled: Double) -> Double { offset + unit * scaled }

    private static func fences(_ sorted: [Double]) -> ClosedRange<Double> {
        guard let least = sorted.first, let greatest = sorted.last, least < 0 || greatest > 1 else { return 0...1 }
        let (lower, upper) = (sorted[sorted.count / 4], sorted[sorted.count - 1 - sorted.count / 4])
        guard upper > lower else { return least...greatest }
        let reach = 3 * (upper - lower)
        return max(least, lower - reach)...min(greatest, upper + reach)
    }
}
