/// What is known of every point once examples are averaged: its mean less μ, and the variance of that mean's noise σ²/n
/// (surrogate.md, 4.1, "only aggregates").
struct PointMeans: Sendable {
    let set: PointSet
    let scale: ScoreScale
    /// μ, on the model's scale.
    let mean: Double
    /// By point, on the model's scale.
    let residuals: [Double]
    /// By point: σ²/n_x.
    let noise: [Double]
    /// The pairs' agreements, on and below the diagonal.
    private let agreements: Matrix

    /// - Parameter variance: σ², that of one value.
    init(_ observations: Observations, variance: Double) {
        (set, scale, mean) = (observations.set, observations.scale, observations.mean)
        residuals = observations.rows.map { row in row.reduce(0) { $0 + $1.residual } / Double(row.count) }
        noise = observations.rows.map { variance / Double($0.count) }
        agreements = set.matrix(byAgreement: (0...set.dimensions).map(Double.init))
    }

    /// σ²: μ (1 − μ) of zeros and ones; of any other metric the variance within points, drawn to the prior's by 50 values.
    static func pooledVariance(_ observations: Observations) -> Double {
        let limits = observations.scale.isBinary ? 0.02...0.26 : 0.0005...0.0677
        guard !observations.scale.isBinary else {
            return min(max(observations.mean * (1 - observations.mean), limits.lowerBound), limits.upperBound)
        }
        var (squares, freedom) = (50 * 0.0625, 50.0)
        for row in observations.rows {
            let mean = row.reduce(0) { $0 + $1.residual } / Double(row.count)
            squares += row.reduce(0) { $0 + ($1.residual - mean) * ($1.residual - mean) }
            freedom += Double(row.count - 1)
        }
        return min(max(squares / freedom, limits.lowerBound), limits.upperBound)
    }

    /// K + diag(noise), on and below the diagonal; what stands above it is unspecified.
    func covariance(_ kernel: AgreementKernel) -> Matrix {
        let byAgreement = kernel.withResidual(set.dimensions)
        let size = set.count
        var result = agreements
        result.elements.withUnsafeMutableBufferPointer { target in
            for row in 0..<size {
                for column in 0...row { target[row &* size &+ column] = byAgreement[Int(target[row &* size &+ column])] }
                target[row &* size &+ row] += noise[row]
            }
        }
        return result
    }

    /// The log evidence of a kernel, but for a constant.
    func logEvidence(_ kernel: AgreementKernel) -> Double {
        let factor = Cholesky(jittering: covariance(kernel))
        return -0.5 * factor.solveLower(residuals).reduce(0) { $0 + $1 * $1 } - factor.logDiagonal
    }
}

extension AgreementKernel {
    /// The covariance of two points by their agreements, where all D agreeing makes them one point.
    func withResidual(_ dimensions: Int) -> [Double] {
        var values = byAgreement(dimensions)
        values[dimensions] += residual
        return values
    }
}
