/// The settings of the kernel that are weighed against each other: five total deviations and four ways to split the variance
/// into additive, pairwise and residual parts (surrogate.md, 4.2). On the model's scale.
enum KernelGrid {
    static let deviations = [0.015, 0.03, 0.06, 0.10, 0.16]
    static let splits = [(0.90, 0.05, 0.05), (0.60, 0.30, 0.10), (0.25, 0.50, 0.25), (0.10, 0.30, 0.60)]
    static let constantDeviation = 0.1

    /// By deviation, then by split.
    static let kernels = deviations.flatMap { deviation in splits.map { kernel(deviation, $0) } }

    /// Where the noise is estimated, before anything is known about the points: s = 0.06, mostly additive.
    static let reference = kernel(0.06, splits[1])

    /// The prior of a setting is log-normal around a deviation of 0.05.
    static let logPriors = deviations.flatMap { deviation in
        let distance = logarithm(deviation / 0.05)
        return splits.map { _ in -0.5 * distance * distance }
    }

    /// Probabilities from their logarithms, which may lack a common constant.
    static func weights(_ logarithms: [Double]) -> [Double] {
        let greatest = logarithms.max() ?? 0
        let raw = logarithms.map { exponential($0 - greatest) }
        let total = raw.reduce(0, +)
        return raw.map { $0 / total }
    }

    private static func kernel(_ deviation: Double, _ split: (Double, Double, Double)) -> AgreementKernel {
        let variance = deviation * deviation
        return AgreementKernel(
            constant: constantDeviation * constantDeviation, additive: variance * split.0, pairwise: variance * split.1,
            residual: variance * split.2)
    }
}
