/// What the whitened observations say under one setting of the kernel (surrogate.md, 4.1):
///
///     B = I + Lᵀ K L = L_B L_Bᵀ,   q = L_B⁻¹ z,   α = L L_B⁻ᵀ q,   mean(x) = k(x, X) α
struct KernelPosterior: Sendable {
    let kernel: AgreementKernel
    /// L_B
    let factor: Cholesky
    /// q
    let explained: [Double]
    /// α
    let weights: [Double]
    /// The terms of the log evidence that depend on the kernel: −½ qᵀ q − Σ log diag L_B.
    let logEvidence: Double

    init(_ whitened: Whitened, _ kernel: AgreementKernel) {
        self.kernel = kernel
        factor = Cholesky(jittering: whitened.covariance(kernel))
        explained = factor.solveLower(whitened.observed)
        weights = whitened.root.lowerTimes(factor.solveUpper(explained))
        logEvidence = -0.5 * explained.reduce(0) { $0 + $1 * $1 } - factor.logDiagonal
    }
}
