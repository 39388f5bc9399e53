/// The noise of the observations by expectation maximisation from fixed starts, so that it follows from the observations alone
/// (surrogate.md, 4.2). Pseudo-counts: 20 examples and 50 values of the starting variances.
struct NoiseEstimate {
    private let observations: Observations
    private let start: Noise
    private let limits: (example: ClosedRange<Double>, residual: ClosedRange<Double>)

    /// Starts at (0.08, 0.16) for zeros and ones, otherwise at a third and two thirds of the pooled variance, which is 1/16.
    init(_ observations: Observations) {
        self.observations = observations
        // Of zeros and ones the pooled variance is about 0.24; the limits are shares of it.
        let pooled = observations.scale.isBinary ? 0.24 : 0.0625
        start = Noise(example: pooled / 3, residual: pooled * 2 / 3)
        let unit = pooled / 0.24
        // A continuous metric can be far less noisy than a coin.
        let least = observations.scale.isBinary ? (example: 0.005, residual: 0.02) : (example: 0.0005, residual: 0.002)
        limits = ((least.example * unit)...(0.2 * unit), (least.residual * unit)...(0.26 * unit))
    }

    /// - Parameter kernel: that of the points' values, held fixed.
    func estimate(_ kernel: AgreementKernel, steps: Int = 5) -> Noise {
        guard observations.count > 0 else { return start }
        var prior = observations.set.matrix(byAgreement: kernel.byAgreement(observations.set.dimensions))
        for place in 0..<prior.rows { prior[place, place] += kernel.residual }
        let priorPrecision = Cholesky(jittering: prior).inverse
        var noise = start
        for _ in 0..<steps { noise = step(noise, priorPrecision) }
        return noise
    }

    private func step(_ noise: Noise, _ priorPrecision: Matrix) -> Noise {
        let information = Information(observations, noise: noise)
        var precision = information.precision
        for place in precision.elements.indices { precision.elements[place] += priorPrecision.elements[place] }
        let factor = Cholesky(jittering: precision)
        let means = factor.solve(information.weighted)
        let variances = factor.inverseDiagonal
        let counts = observations.exampleCounts
        let damping = noise.damping(counts)
        let sums = observations.exampleSums(subtracting: means)
        var (example, residual) = (20 * start.example, 50 * start.residual)
        for index in damping.indices {
            let effect = damping[index] * sums[index]
            example += effect * effect + noise.residual * damping[index]
            residual += noise.residual * damping[index] * Double(counts[index])
        }
        for (place, row) in observations.rows.enumerated() {
            residual += Double(row.count) * variances[place]
            for entry in row {
                let rest = entry.residual - means[place] - damping[entry.example] * sums[entry.example]
                residual += rest * rest
            }
        }
        example /= Double(observations.examples + 20)
        residual /= Double(observations.count + 50)
        return Noise(
            example: min(max(example, limits.example.lowerBound), limits.example.upperBound),
            residual: min(max(residual, limits.residual.lowerBound), limits.residual.upperBound))
    }
}
