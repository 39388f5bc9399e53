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
    package var weighing: ParzenMixture.Weighing

    package init(space: SearchSpace, startup: Int = 10, samples: Int = 24, weighing: ParzenMixture.Weighing = .byAge) {
        self.space = space
        self.startup = startup
        self.samples = samples
        self.weighing = weighing
    }

    /// - Parameters:
    ///   - history: observations in the order of their trials (the mixture's weights follow it).
    ///   - pending: points under evaluation. They join the bad ones ("constant liar"), so that proposals stay away from them.
    package func propose(
        history: [Observation], pending: [SearchSpace.Point], generator: inout KeyedGenerator
    ) -> SearchSpace.Point {
        guard !history.isEmpty, history.count >= startup else { return uniform(&generator) }
        return propose(history: history, pending: pending, generator: &generator) { _ in true } ?? uniform(&generator)
    }

    /// The best of the samples that are allowed; nil where none is. The history has at least one observation.
    func propose(
        history: [Observation], pending: [SearchSpace.Point], generator: inout KeyedGenerator,
        where isAllowed: (SearchSpace.Point) -> Bool
    ) -> SearchSpace.Point? {
        let (good, bad) = split(history)
        let below = ParzenMixture(space: space, points: good.map(\.point), weighing: weighing)
        let above = ParzenMixture(space: space, points: bad.map(\.point) + pending, weighing: weighing)
        var best: (point: SearchSpace.Point, gain: Double)?
        for _ in 0..<max(samples, 1) {
            let point = below.sample(&generator)
            guard isAllowed(point) else { continue }
            let gain = below.logProbability(point) - above.logProbability(point)
            if best.map({ gain > $0.gain }) ?? true { best = (point, gain) }
        }
        return best?.point
    }

    /// A point with every choice equally likely.
    package func uniform(_ generator: inout KeyedGenerator) -> SearchSpace.Point { space.randomPoint(&generator) }

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
