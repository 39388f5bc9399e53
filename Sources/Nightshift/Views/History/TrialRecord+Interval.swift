internal import Optimizers
internal import Store

/// The 97.5 % point of the standard normal distribution.
private let z = 1.96

extension TrialRecord {
    /// The 95 % interval of what the search believes of the mean. Where it has no model: Wilson's of the score, nil where that
    /// cannot be a mean of zeros and ones.
    ///
    /// A record holds the mean alone, so zeros and ones are told by their sum being whole. Should graded scores add up to
    /// a whole number by chance, the interval is still valid, only wider than need be: within 0…1 none spread more than
    /// zeros and ones do.
    var interval: Interval? {
        if let posterior, let deviation { return Interval(lower: posterior - z * deviation, upper: posterior + z * deviation) }
        guard let score, (0...1).contains(score), examples > 0 else { return nil }
        let sum = score * Double(examples)
        guard (sum - sum.rounded()).magnitude < 1e-6 else { return nil }
        let ones = Int(sum.rounded())
        return meanInterval(Array(repeating: 1, count: ones) + Array(repeating: 0, count: examples - ones))
    }

    /// `71.2 ± 3.4`: what the search believes of the mean and half of the 95 % interval, in points; nil where it has no model.
    var beliefText: String? {
        guard let posterior, let deviation else { return nil }
        return "\((posterior * 100).fixed(1)) ± \((z * deviation * 100).fixed(1))"
    }
}
