extension TwoWayModel {
    /// How many points enter the estimation of noise and kernel; with more, a sample of them by hash.
    package static let estimationLimit = 256
    /// How many points enter the model; with more, those that stand highest and a sample of the others.
    package static let limit = 600

    /// The model of a table: noise by expectation maximisation, then every kernel of the grid weighed by its evidence.
    /// O(N³) for N points, bounded by ``limit``.
    package static func fit(_ table: ExampleTable) -> TwoWayModel {
        let all = Observations(table)
        let observations = PointSelection.standing(all, limit)
        let sample = PointSelection.sample(all, estimationLimit)
        let noise = NoiseEstimate(sample).estimate(KernelGrid.reference)
        let frame = ModelFrame(sample, noise: noise)
        let posteriors = KernelGrid.kernels.map { KernelPosterior(frame.whitened, $0) }
        let weights = KernelGrid.weights(zip(posteriors, KernelGrid.logPriors).map { $0.logEvidence + $1 })
        guard sample.rows.count == observations.rows.count else {
            return TwoWayModel(
                ModelFrame(observations, noise: noise), kernels: KernelGrid.kernels, weights: weights,
                posteriors: weights.map { _ in nil })
        }
        // Rarely drawn kernels are factored again rather than kept.
        let kept = zip(posteriors, weights).map { $1 >= 0.01 ? $0 : nil }
        return TwoWayModel(frame, kernels: KernelGrid.kernels, weights: weights, posteriors: kept)
    }
}
