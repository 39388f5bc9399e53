/// The covariance of two points by how many of their choices agree (surrogate.md, 4.1):
///
///     k(x, x') = constant + additive · h/D + pairwise · h(h − 1) / (D(D − 1)) + residual · [x = x'],   h = #{d: x_d = x'_d}
///
/// D counts the dimensions with more than one choice. The parts are an independent weight per choice, one per pair of
/// choices, and one per point; all are variances on the model's scale.
package struct AgreementKernel: Sendable, Hashable {
    package var constant: Double
    package var additive: Double
    package var pairwise: Double
    package var residual: Double

    package init(constant: Double, additive: Double, pairwise: Double, residual: Double) {
        self.constant = constant
        self.additive = additive
        self.pairwise = pairwise
        self.residual = residual
    }

    /// The variance of one choice's weight.
    func choiceVariance(_ dimensions: Int) -> Double { dimensions > 0 ? additive / Double(dimensions) : 0 }

    /// The variance of the weight of one pair of choices of two dimensions.
    func pairVariance(_ dimensions: Int) -> Double {
        dimensions > 1 ? 2 * pairwise / Double(dimensions * (dimensions - 1)) : 0
    }

    /// The covariance of two points by the number of agreements, 0…D, without the residual part.
    func byAgreement(_ dimensions: Int) -> [Double] {
        (0...dimensions).map { h in
            constant + choiceVariance(dimensions) * Double(h) + pairVariance(dimensions) * Double(h * (h - 1) / 2)
        }
    }
}
