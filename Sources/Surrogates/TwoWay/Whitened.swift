/// The observations in coordinates with unit noise: W = L Lᵀ, z = L⁻¹ r, so that z = Lᵀ f + N(0, I) (surrogate.md, 4.1); and
/// the parts of the kernel in them, Lᵀ K_j L, of which every setting of the kernel is a weighted sum.
struct Whitened: Sendable {
    let set: PointSet
    /// L
    let root: Cholesky
    /// z
    let observed: [Double]
    /// Lᵀ 1, the constant part's root.
    private let constant: [Double]
    private let additive: Matrix
    private let pairwise: Matrix?
    private let residual: Matrix

    init(_ observations: Observations, _ information: Information) {
        let set = observations.set
        self.set = set
        root = Cholesky(jittering: information.precision)
        observed = root.solveLower(information.weighted)
        constant = root.upperTimes(Array(repeating: 1, count: set.count))
        let upper = root.factor.transposed
        let dimensions = set.dimensions
        func part(_ kernel: AgreementKernel) -> Matrix {
            // Row j of `upper` is column j of L, so both products run along rows.
            let half = upper.timesTransposed(of: set.matrix(byAgreement: kernel.byAgreement(dimensions)), upperTriangular: true)
            return upper.timesTransposed(of: half, upperTriangular: true, lowerOnly: true)
        }
        additive = part(AgreementKernel(constant: 0, additive: 1, pairwise: 0, residual: 0))
        pairwise = dimensions > 1 ? part(AgreementKernel(constant: 0, additive: 0, pairwise: 1, residual: 0)) : nil
        residual = upper.timesTransposed(of: upper, upperTriangular: true, lowerOnly: true)
    }

    /// The lower triangle of B = I + Lᵀ K L; what stands above the diagonal is unspecified.
    func covariance(_ kernel: AgreementKernel) -> Matrix {
        let size = set.count
        var result = Matrix(rows: size, columns: size)
        let pairwise = pairwise ?? residual
        let pairShare = self.pairwise == nil ? 0 : kernel.pairwise
        result.elements.withUnsafeMutableBufferPointer { target in
            for row in 0..<size {
                let edge = kernel.constant * constant[row]
                for column in 0...row {
                    let place = row * size + column
                    target[place] =
                        edge * constant[column] + kernel.additive * additive.elements[place]
                        + pairShare * pairwise.elements[place] + kernel.residual * residual.elements[place]
                }
                target[row * size + row] += 1
            }
        }
        return result
    }
}
