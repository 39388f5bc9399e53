/// An ordinary Gaussian process over the means of points, whose noise is σ²/n for the mean of n values: what ``TwoWayModel``
/// is without the examples' effects (surrogate.md, 4.1, "only aggregates").
///
///     A = K + diag(σ²/n),   α = A⁻¹ (means − μ),   mean(x) = μ + k(x, X) α,   var(x) = k(x, x) − k(x, X) A⁻¹ k(X, x)
///
/// Follows to the bit from the set of records: points stand in canonical order.
package struct GaussianProcess: Sendable {
    /// The points of the model: those with data in canonical order, then pending ones.
    let set: PointSet
    package let kernel: AgreementKernel
    let scale: ScoreScale
    /// μ, on the model's scale.
    let center: Double
    /// σ², on the model's scale.
    package let variance: Double
    /// By point: the variance of its mean's noise.
    let noise: [Double]
    /// By point: its mean less μ; a pending point's is what the model expects.
    let residuals: [Double]
    /// A⁻¹
    let inverse: Matrix
    /// α
    package let weights: [Double]
    /// By number of agreements; D of them make one point.
    let covariances: [Double]

    init(_ means: PointMeans, variance: Double, kernel: AgreementKernel) {
        let factor = Cholesky(jittering: means.covariance(kernel))
        self.init(
            set: means.set, kernel: kernel, scale: means.scale, center: means.mean, variance: variance, noise: means.noise,
            residuals: means.residuals, inverse: factor.inverse, weights: factor.solve(means.residuals))
    }

    init(
        set: PointSet, kernel: AgreementKernel, scale: ScoreScale, center: Double, variance: Double, noise: [Double],
        residuals: [Double], inverse: Matrix, weights: [Double]
    ) {
        (self.set, self.kernel, self.scale, self.center, self.variance) = (set, kernel, scale, center, variance)
        (self.noise, self.residuals, self.inverse, self.weights) = (noise, residuals, inverse, weights)
        covariances = kernel.withResidual(set.dimensions)
    }

    /// The model of all points of a table under a given kernel.
    /// - Parameter variance: σ² on the model's scale; by default the pooled one.
    package init(_ table: ExampleTable, kernel: AgreementKernel, variance: Double? = nil) {
        let observations = Observations(table)
        let variance = variance ?? PointMeans.pooledVariance(observations)
        self.init(PointMeans(observations, variance: variance), variance: variance, kernel: kernel)
    }

    /// The model of a table under the most probable kernel of the grid. O(N³), bounded as a ``TwoWayModel`` is.
    package static func fit(_ table: ExampleTable) -> GaussianProcess {
        let all = Observations(table)
        let variance = PointMeans.pooledVariance(all)
        let sample = PointMeans(PointSelection.sample(all, TwoWayModel.estimationLimit), variance: variance)
        let evidences = zip(KernelGrid.kernels, KernelGrid.logPriors).map { sample.logEvidence($0) + $1 }
        let best = evidences.indices.reduce(0) { evidences[$1] > evidences[$0] ? $1 : $0 }
        let means = PointMeans(PointSelection.standing(all, TwoWayModel.limit), variance: variance)
        return GaussianProcess(means, variance: variance, kernel: KernelGrid.kernels[best])
    }

    /// The points that entered the model.
    package var points: [SearchSpace.Point] { self.set.points }

    /// The posterior mean of the score.
    package func mean(at point: SearchSpace.Point) -> Double { belief(at: point).mean }

    /// The posterior of every given point; O(1) for those of the model, O(N²) for others.
    package func beliefs(_ points: [SearchSpace.Point]) -> [Belief] {
        let known = Dictionary(zip(set.points, posteriorAtPoints)) { first, _ in first }
        return points.map { point in
            guard let (mean, variance) = known[point] else { return belief(at: point) }
            return Belief(point: point, mean: scale.score(center + mean), deviation: scale.unit * variance.squareRoot())
        }
    }

    /// The posterior of the score, noise of measuring aside.
    package func belief(at point: SearchSpace.Point) -> Belief {
        let row = set.agreements(with: point).map { covariances[$0] }
        let solved = inverse.times(row)
        let (sum, explained) = row.indices.reduce((0, 0)) { ($0.0 + row[$1] * weights[$1], $0.1 + row[$1] * solved[$1]) }
        let variance = max(covariances[set.dimensions] - explained, 0)
        return Belief(point: point, mean: scale.score(center + sum), deviation: scale.unit * variance.squareRoot())
    }

    /// The posterior mean less μ and the variance of every point of the model, on the model's scale: y − νa and ν − ν² (A⁻¹)_nn,
    /// where ν is the noise and a the weight.
    var posteriorAtPoints: [(mean: Double, variance: Double)] {
        noise.indices.map { row in
            let noise = noise[row]
            return (residuals[row] - noise * weights[row], max(noise - noise * noise * inverse[row, row], 0))
        }
    }
}
