internal import Optimizers
internal import Store

/// The 97.5 % point of the standard normal distribution.
private let z = 1.96

extension TrialRecord {
    /// The 95 % interval of what the search believes of the mean. Where it has no model: that of the mean, nil where the spread of
    /// the scores is not known.
    var interval: Interval? {
        if let posterior, let deviation { return Interval(lower: posterior - z * deviation, upper: posterior + z * deviation) }
        guard let score, examples > 0, let spread else { return nil }
        if spread.areBinary {
            let ones = min(max(Int((score * Double(examples)).rounded()), 0), examples)
            return meanInterval(Array(repeating: 1, count: ones) + Array(repeating: 0, count: examples - ones))
        }
        guard let deviation = spread.deviation else { return nil }
        return meanInterval(of: score, deviation: deviation, count: examples, areFractions: spread.areFractions)
    }

    /// `71.2 ± 3.4`: what the search believes of the mean and half of the 95 % interval, in points; nil where it has no model.
    var beliefText: String? {
        guard let posterior, let deviation else { return nil }
        return "\((posterior * 100).fixed(1)) ± \((z * deviation * 100).fixed(1))"
    }
}
