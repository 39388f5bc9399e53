/// Chooses the next point from what is known so far.
///
/// A proposal follows from its arguments and the sampler's settings alone: a sampler may keep what it computed for the last
/// table, but a fresh one with the same settings proposes the same. It draws only by keys (seed, number).
package protocol Sampler: Sendable {
    /// - Parameters:
    ///   - table: which example gave what for which point, as far as this proposal may know it.
    ///   - pending: points with work in flight.
    ///   - isOpen: whether a point may be proposed: false once nothing is left to evaluate of it.
    ///   - number: how many proposals came before; draws are keyed by it.
    ///   - spent: the share of the budget spent, in flight included, 0…1.
    /// - Returns: nil when no point of the space is open.
    mutating func propose(
        _ table: ExampleTable, pending: [SearchSpace.Point], isOpen: (SearchSpace.Point) -> Bool, number: Int, spent: Double
    ) -> Suggestion?

    /// Whether its model knows that examples differ in difficulty, so that examples may be chosen by what they tell: false where it
    /// sees means, which would be of examples chosen to be hard.
    var modelsExamples: Bool { get }

    /// What the sampler believes about every point with data, in the table's canonical order; nil where it has no model.
    func beliefs(_ table: ExampleTable) -> [Belief]?

    /// Whether it is unlikely that another point is better than the best one known; false where the sampler has no model.
    mutating func isSettled(_ table: ExampleTable, _ rule: SettlingRule) -> Bool
}

extension Sampler {
    package var modelsExamples: Bool { false }

    package mutating func isSettled(_ table: ExampleTable, _ rule: SettlingRule) -> Bool { false }
}

/// When a search has found what there is to find.
package struct SettlingRule: Sendable, Hashable {
    /// By how much another point must be better to matter, on the metric's scale.
    package var margin: Double
    /// The greatest probability of such a point at which the search may end: 0…1.
    package var probability: Double

    package init(margin: Double, probability: Double) {
        self.margin = margin
        self.probability = probability
    }
}

/// A proposed point and why it was proposed, in words for the table of trials.
package struct Suggestion: Sendable, Hashable {
    package var point: SearchSpace.Point
    package var reason: String

    package init(point: SearchSpace.Point, reason: String) {
        self.point = point
        self.reason = reason
    }
}

/// The posterior of one point's score: mean and standard deviation on the metric's own scale.
package struct Belief: Sendable, Hashable {
    package var point: SearchSpace.Point
    package var mean: Double
    package var deviation: Double

    package init(point: SearchSpace.Point, mean: Double, deviation: Double) {
        self.point = point
        self.mean = mean
        self.deviation = deviation
    }
}
