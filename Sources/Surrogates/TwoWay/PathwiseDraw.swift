/// A sample path of the posterior by pathwise conditioning, also known as Matheron's rule (Wilson et al., "Efficiently sampling
/// functions from Gaussian process posteriors", ICML 2020), in whitened coordinates:
///
///     f0 ~ prior,  ε ~ N(0, I),  a = L B⁻¹ (z − Lᵀ f0(X) − ε),  f = f0 + k(·, X) a
struct PathwiseDraw: Sendable {
    var weights: ChoiceWeights
    /// By point with data: what is its own alone.
    var residuals: [Double]

    /// The posterior mean.
    init(meanOf posterior: KernelPosterior, _ frame: ModelFrame) {
        weights = ChoiceWeights(frame.layout)
        weights.add(posterior.weights, at: frame.observations.set, posterior.kernel)
        residuals = posterior.weights.map { posterior.kernel.residual * $0 }
    }

    /// - Parameter key: all random numbers follow from it and from what they belong to: choices, pairs, points.
    init(_ posterior: KernelPosterior, _ frame: ModelFrame, key: UInt64) {
        let (kernel, set, whitened) = (posterior.kernel, frame.observations.set, frame.whitened)
        weights = ChoiceWeights(frame.layout, prior: kernel, key: key)
        let deviation = kernel.residual.squareRoot()
        var noise: [Double] = []
        residuals = []
        noise.reserveCapacity(set.count)
        residuals.reserveCapacity(set.count)
        let ziggurat = Ziggurat.standard
        for hash in frame.pointKeys {
            var stream = NormalStream(key: mixed(key ^ hash), ziggurat: ziggurat)
            residuals.append(deviation * stream.next())
            noise.append(stream.next())
        }
        var prior = weights.values(at: set)
        for place in prior.indices { prior[place] += residuals[place] }
        let seen = whitened.root.upperTimes(prior)
        let surprise = seen.indices.map { whitened.observed[$0] - seen[$0] - noise[$0] }
        let amounts = whitened.root.lowerTimes(posterior.factor.solve(surprise))
        weights.add(amounts, at: set, kernel)
        for place in residuals.indices { residuals[place] += kernel.residual * amounts[place] }
    }

    /// The path at the points with data.
    func values(_ frame: ModelFrame) -> [Double] {
        let sums = weights.values(at: frame.observations.set)
        return sums.indices.map { sums[$0] + residuals[$0] }
    }
}
