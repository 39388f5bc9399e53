package import Randomness

/// The tree-structured Parzen estimator for categorical spaces, maximising: which point to try next.
///
/// Formulas of Optuna 5.0's `TPESampler(multivariate=True, constant_liar=True)`; the random stream is ours.
/// A value: the proposal follows from the history, the pending points and the generator.
package struct TPE: Sendable, Hashable {
    package struct Observation: Sendable, Hashable {
        package var point: SearchSpace.Point
        /// What is maximised; a value that is not a number counts as the worst.
        package var value: Double

        package init(point: SearchSpace.Point, value: Double) {
            self.point = point
            self.value = value
        }
    }

    package var space: SearchSpace
    /// With fewer observations than this, proposals are uniform.
    package var startup: Int
    /// How many samples of the good points' mixture compete for a proposal.
    package var samples: Int

    package init(space: SearchSpace, startup: Int = 10, samples: Int = 24) {
        self.space = space
        self.startup = startup
        self.samples = samples
    }

    /// - Parameters:
    ///   - history: observations in the order of their trials (the mixture's weights follow it).
    ///   - pending: points under evaluation. They join the bad ones ("constant liar"), so that proposals stay away from them.
    package func propose(
        history: [Observation], pending: [SearchSpace.Point], generator: inout KeyedGenerator
    ) -> SearchSpace.Point {
        guard !history.isEmpty, history.count >= startup else { return uniform(&generator) }
        let (good, bad) = split(history)
        let below = ParzenMixture(space: space, points: good.map(\.point))
        let above = ParzenMixture(space: space, points: bad.map(\.point) + pending)
        var best = below.sample(&generator)
        var bestGain = below.logProbability(best) - above.logProbability(best)
        for _ in 1..<max(samples, 1) {
            let point = below.sample(&generator)
            let gain = below.logProbability(point) - above.logProbability(point)
            if gain > bestGain { (best, bestGain) = (point, gain) }
        }
        return best
    }

    /// A point with every choice equally likely.
    package func uniform(_ generator: inout KeyedGenerator) -> SearchSpace.Point {
        var point = [Int](repeating: 0, count: space.dimensions.count)
        for place in space.sortedByName where space.dimensions[place].choices > 1 {
            point[place] = generator.below(space.dimensions[place].choices)
        }
        return point
    }

    /// The best min(⌈n/10⌉, 25) observations (ties to the earlier) and the rest, both in the order of `history`.
    package func split(_ history: [Observation]) -> (good: [Observation], bad: [Observation]) {
        func rank(_ value: Double) -> Double { value.isNaN ? -.infinity : value }
        let count = min((history.count + 9) / 10, 25)
        let ranked = history.indices.sorted {
            let (left, right) = (rank(history[$0].value), rank(history[$1].value))
            return left == right ? $0 < $1 : left > right
        }
        let good = Set(ranked.prefix(count))
        return (
            history.indices.filter { good.contains($0) }.map { history[$0] },
            history.indices.filter { !good.contains($0) }.map { history[$0] }
        )
    }
}
