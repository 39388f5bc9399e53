internal import Foundation

/// The 97.5 % point of the standard normal distribution.
private let z = 1.959963984540054

/// The 95 % interval of a mean.
///
/// Where all scores are 0 or 1: Wilson's score interval (Wilson, JASA 22, 1927). Otherwise Student's: mean ± t·s/√n, of fractions
/// without what lies beyond 0…1.
/// nil for no scores, or a single one that is neither 0 nor 1.
package func meanInterval(_ scores: [Double]) -> Interval? {
    guard !scores.isEmpty else { return nil }
    let n = Double(scores.count)
    guard scores.allSatisfy({ $0 == 0 || $0 == 1 }) else {
        let (mean, deviation) = moments(scores)
        return meanInterval(
            of: mean, deviation: deviation, count: scores.count, areFractions: scores.allSatisfy { 0...1 ~= $0 })
    }
    let share = scores.reduce(0, +) / n
    let centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    // At the ends the interval reaches the end exactly; rounding must not move it.
    return Interval(lower: share == 0 ? 0 : max(0, centre - half), upper: share == 1 ? 1 : min(1, centre + half))
}

/// Student's, where not all scores are 0 or 1.
/// - Parameters:
///   - deviation: of the scores as a sample.
///   - areFractions: whether all are from 0 to 1, so that their mean is.
package func meanInterval(of mean: Double, deviation: Double, count: Int, areFractions: Bool) -> Interval? {
    studentInterval(mean, deviation, count, within: areFractions ? 0...1 : nil)
}

/// The 95 % interval of a paired gain: Student's interval of the differences d over the examples that both have,
/// mean(d) ± t·s(d)/√n (Student, Biometrika 6, 1908). nil with fewer than two pairs.
/// - Parameter areFractions: whether what is compared is from 0 to 1: then the gain is not beyond −1…1.
package func pairedInterval(_ differences: [Double], areFractions: Bool = false) -> Interval? {
    let (mean, deviation) = moments(differences)
    return studentInterval(mean, deviation, differences.count, within: areFractions ? -1...1 : nil)
}

/// Mean and sample standard deviation.
private func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
    let mean = values.reduce(0, +) / Double(max(values.count, 1))
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(values.count - 1, 1))
    return (mean, variance.squareRoot())
}

private func studentInterval(_ mean: Double, _ deviation: Double, _ count: Int, within limits: ClosedRange<Double>?) -> Interval? {
    guard count > 1 else { return nil }
    let half = studentQuantile(degrees: count - 1) * deviation / Double(count).squareRoot()
    let limits = limits ?? -.infinity ... .infinity
    return Interval(lower: max(limits.lowerBound, mean - half), upper: min(limits.upperBound, mean + half))
}

/// The 97.5 % point of Student's t: exact for one and two degrees of freedom, else the expansion of Abramowitz and Stegun 26.7.5
/// (error below 0.02 at three degrees, below 0.001 from six).
package func studentQuantile(degrees: Int) -> Double {
    switch degrees {
    case ...1: return 12.706204736174694
    case 2: return 4.302652729749462
    default:
        let v = Double(degrees)
        let terms = [
            z,
            (pow(z, 3) + z) / 4,
            (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / 96,
            (3 * pow(z, 7) + 19 * pow(z, 5) + 17 * pow(z, 3) - 15 * z) / 384,
            (79 * pow(z, 9) + 776 * pow(z, 7) + 1482 * pow(z, 5) - 1920 * pow(z, 3) - 945 * z) / 92160,
        ]
        return terms.reversed().reduce(0) { $0 / v + $1 }
    }
}
