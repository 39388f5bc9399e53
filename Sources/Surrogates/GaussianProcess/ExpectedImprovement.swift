/// The expected improvement of a normally distributed score over a threshold, on a logarithmic scale, where it neither
/// underflows nor loses its order (Ament et al., "Unexpected improvements to expected improvement", NeurIPS 2023).
package enum ExpectedImprovement {
    /// log E[max(f − threshold, 0)] for f ~ N(mean, deviation²), deviation > 0.
    package static func logarithm(mean: Double, deviation: Double, threshold: Double) -> Double {
        Surrogates.logarithm(deviation) + logUnit((mean - threshold) / deviation)
    }

    /// log(φ(z) + z Φ(z)), to about 1e-14 of its value.
    package static func logUnit(_ z: Double) -> Double {
        guard z < tail else {
            let density = exponential(-0.5 * z * z - halfLogTwoPi)
            return Surrogates.logarithm(density + z * 0.5 * complementaryError(-z * 0.5.squareRoot()))
        }
        // With t = −z and Mills' ratio R(t) = (1 − Φ(t)) / φ(t): φ(z) + z Φ(z) = φ(t) (1 − t R(t)), and by the continued fraction
        // R = 1/(t + 1/(t + 2/(t + 3/…))) the difference is R(t) · 1/(t + 2/(t + 3/…)), in which nothing cancels.
        let t = -z
        var fraction = t
        for term in stride(from: 60.0, to: 1, by: -1) { fraction = t + term / fraction }
        return -0.5 * t * t - halfLogTwoPi - Surrogates.logarithm(fraction) - Surrogates.logarithm(t + 1 / fraction)
    }

    /// Below it the sum φ + z Φ would lose digits.
    private static let tail = -5.0
    /// log √(2π)
    private static let halfLogTwoPi = 0.918_938_533_204_672_741_78
}
