internal import Randomness

/// The two-way Gaussian process: y = μ + f(x) + g_i + e for point x and example i, where f has an ``AgreementKernel`` and the
/// examples' difficulties g are eliminated exactly (surrogate.md, 4.1 and 4.2).
///
/// A fit follows to the bit from the set of records: points in canonical order, noise estimated from fixed starts, the grid of
/// kernels evaluated anew. Nothing is carried over from an earlier fit.
package struct TwoWayModel: Sendable {
    package struct Hyperparameters: Sendable, Hashable {
        package var kernel: AgreementKernel
        package var noise: Noise

        package init(kernel: AgreementKernel, noise: Noise) {
            self.kernel = kernel
            self.noise = noise
        }
    }

    let frame: ModelFrame
    private let kernels: [AgreementKernel]
    /// By kernel; they sum to one.
    package let kernelWeights: [Double]
    /// By kernel: what has been computed so far.
    private var posteriors: [KernelPosterior?]
    /// By kernel: the posterior mean as a path, around which draws are cooled, as far as it has been computed.
    private var centres: [PathwiseDraw?]
    /// Of the kernel with the greatest weight.
    private let best: KernelPosterior

    init(_ frame: ModelFrame, kernels: [AgreementKernel], weights: [Double], posteriors: [KernelPosterior?]) {
        let greatest = weights.indices.reduce(0) { weights[$1] > weights[$0] ? $1 : $0 }
        self.frame = frame
        self.kernels = kernels
        kernelWeights = weights
        self.posteriors = posteriors
        centres = weights.map { _ in nil }
        best = posteriors[greatest] ?? KernelPosterior(frame.whitened, kernels[greatest])
        self.posteriors[greatest] = best
    }

    /// The model under given hyperparameters.
    /// - Parameter mean: μ; by default that of the values.
    package init(_ table: ExampleTable, _ hyperparameters: Hyperparameters, mean: Double? = nil) {
        let frame = ModelFrame(Observations(table, mean: mean), noise: hyperparameters.noise)
        self.init(frame, kernels: [hyperparameters.kernel], weights: [1], posteriors: [nil])
    }

    /// The hyperparameters behind ``mean(at:)``, on the model's scale.
    package var hyperparameters: Hyperparameters { Hyperparameters(kernel: best.kernel, noise: frame.noise) }

    /// W and r of the points in the model (surrogate.md, 4.1).
    package var information: Information { frame.information }

    /// α of the points in the model.
    package var weights: [Double] { best.weights }

    /// The terms of the log evidence that depend on the kernel.
    package var logEvidence: Double { best.logEvidence }

    /// The points that entered the model, in canonical order.
    package var points: [SearchSpace.Point] { frame.observations.set.points }

    /// The posterior mean of the score, μ included.
    package func mean(at point: SearchSpace.Point) -> Double {
        let covariances = covariances(with: point)
        let sum = covariances.indices.reduce(0) { $0 + covariances[$1] * best.weights[$1] }
        return frame.observations.scale.score(frame.observations.mean + sum)
    }

    package func variance(at point: SearchSpace.Point) -> Double { max(covariance(point, point), 0) }

    /// The posterior covariance of two scores.
    package func covariance(_ first: SearchSpace.Point, _ second: SearchSpace.Point) -> Double {
        let (left, right) = (projected(first), first == second ? nil : projected(second))
        let explained = zip(left, right ?? left).reduce(0) { $0 + $1.0 * $1.1 }
        let unit = frame.observations.scale.unit
        return unit * unit * (prior(first, second) - explained)
    }

    /// The posterior mean of an example's difference from the others at equal points: positive is easier.
    package func effect(of example: Int) -> Double { effects[example] }

    /// ``effect(of:)`` of every example.
    package var effects: [Double] {
        let observations = frame.observations
        let fitted = PathwiseDraw(meanOf: best, frame).values(frame)
        let damping = frame.noise.damping(observations.exampleCounts)
        let sums = observations.exampleSums(subtracting: fitted)
        return sums.indices.map { observations.scale.unit * damping[$0] * sums[$0] }
    }

    /// The posterior of every given point.
    package func beliefs(_ points: [SearchSpace.Point]) -> [Belief] {
        let size = frame.observations.set.count
        var projections = Matrix(rows: points.count, columns: size)
        for (row, point) in points.enumerated() {
            projections.elements.replaceSubrange(
                (row * size)..<((row + 1) * size), with: frame.whitened.root.upperTimes(covariances(with: point)))
        }
        best.factor.solveRows(&projections)
        let unit = frame.observations.scale.unit
        return points.enumerated().map { row, point in
            let variance = prior(point, point) - projections.row(row).reduce(0) { $0 + $1 * $1 }
            return Belief(point: point, mean: mean(at: point), deviation: unit * max(variance, 0).squareRoot())
        }
    }

    /// One draw from the posterior, keyed by (seed, number): a kernel by its weight, then a sample path.
    package func draw(seed: UInt64, number: Int) -> SampledSurface {
        var copy = self
        return copy.drawing(seed: seed, number: number)
    }

    /// ``draw(seed:number:)``; keeps what it computes of the kernel it draws for the next draw.
    package mutating func drawing(seed: UInt64, number: Int) -> SampledSurface {
        var generator = KeyedGenerator(seed: seed, purpose: "two-way draw", index: number)
        var remaining = generator.uniform()
        var index = 0
        while index < kernels.count - 1, remaining >= kernelWeights[index] {
            remaining -= kernelWeights[index]
            index += 1
        }
        let posterior = posteriors[index] ?? KernelPosterior(frame.whitened, kernels[index])
        let centre = centres[index] ?? PathwiseDraw(meanOf: posterior, frame)
        (posteriors[index], centres[index]) = (posterior, centre)
        return SampledSurface(PathwiseDraw(posterior, frame, key: generator.next()), around: centre, frame)
    }

    private func prior(_ first: SearchSpace.Point, _ second: SearchSpace.Point) -> Double {
        let set = frame.observations.set
        let agreements = set.active.reduce(0) { $0 + (first[$1] == second[$1] ? 1 : 0) }
        let shared = best.kernel.byAgreement(set.dimensions)[agreements]
        return agreements == set.dimensions ? shared + best.kernel.residual : shared
    }

    /// k(X, x) under the best kernel.
    private func covariances(with point: SearchSpace.Point) -> [Double] {
        let set = frame.observations.set
        var byAgreement = best.kernel.byAgreement(set.dimensions)
        byAgreement[set.dimensions] += best.kernel.residual
        return set.agreements(with: point).map { byAgreement[$0] }
    }

    /// L_B⁻¹ Lᵀ k(X, x)
    private func projected(_ point: SearchSpace.Point) -> [Double] {
        best.factor.solveLower(frame.whitened.root.upperTimes(covariances(with: point)))
    }
}
