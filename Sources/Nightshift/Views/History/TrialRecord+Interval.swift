internal import Optimizers
internal import Store

extension TrialRecord {
    /// Wilson's 95 % interval of the score; nil where the score cannot be a mean of zeros and ones.
    ///
    /// A record holds the mean alone, so zeros and ones are told by their sum being whole. Should graded scores add up to
    /// a whole number by chance, the interval is still valid, only wider than need be: within 0…1 none spread more than
    /// zeros and ones do.
    var interval: Interval? {
        guard let score, (0...1).contains(score), examples > 0 else { return nil }
        let sum = score * Double(examples)
        guard (sum - sum.rounded()).magnitude < 1e-6 else { return nil }
        let ones = Int(sum.rounded())
        return meanInterval(Array(repeating: 1, count: ones) + Array(repeating: 0, count: examples - ones))
    }
}
