internal import Foundation
package import Randomness

/// A mixture over the points of a categorical space: one component per observed point and a uniform one, the prior.
///
/// Formulas of Optuna 5.0 (multivariate TPE for categorical parameters). With K components, C choices and prior weight 1, the
/// component of an observed choice o gives the choice c the probability ([c = o] + 1/K) / (1 + C/K).
package struct ParzenMixture: Sendable {
    private let space: SearchSpace
    private let count: Int
    /// The observed choices, point after point.
    private let observed: [Int]
    /// Normalised weights, the prior's last.
    package let weights: [Double]
    private let logWeights: [Double]
    /// By dimension: log probability of the observed choice, of any other choice, and of a choice under the prior.
    private let logHit: [Double]
    private let logMiss: [Double]
    private let logPrior: Double

    /// - Parameter points: observed points, oldest first.
    package init(space: SearchSpace, points: [SearchSpace.Point]) {
        self.space = space
        count = points.count
        observed = points.flatMap(\.self)
        let raw = Self.componentWeights(count: points.count) + [1]
        let total = raw.reduce(0, +)
        weights = raw.map { $0 / total }
        logWeights = weights.map { log($0) }
        let share = 1 / Double(points.count + 1)
        logHit = space.dimensions.map { log((1 + share) / (1 + Double($0.choices) * share)) }
        logMiss = space.dimensions.map { log(share / (1 + Double($0.choices) * share)) }
        logPrior = space.dimensions.reduce(0) { $0 - log(Double($1.choices)) }
    }

    /// Unnormalised weights of `count` observations, oldest first: the last 25 weigh 1, older ones rise linearly from 1/count.
    package static func componentWeights(count: Int) -> [Double] {
        let old = count - 25
        guard old > 0 else { return Array(repeating: 1, count: count) }
        let least = 1 / Double(count)
        let ramp = (0..<old).map { old == 1 ? least : least + (1 - least) * Double($0) / Double(old - 1) }
        return ramp + Array(repeating: 1, count: 25)
    }

    /// The natural logarithm of the probability of `point`.
    package func logProbability(_ point: SearchSpace.Point) -> Double {
        var terms = logWeights
        let dimensions = point.count
        for component in 0..<count {
            var sum = 0.0
            for place in 0..<dimensions {
                sum += point[place] == observed[component * dimensions + place] ? logHit[place] : logMiss[place]
            }
            terms[component] += sum
        }
        terms[count] += logPrior
        let greatest = terms.max() ?? 0
        return greatest + log(terms.reduce(0) { $0 + exp($1 - greatest) })
    }

    /// One point: a component by weight, then every dimension by itself, in the order of names.
    package func sample(_ generator: inout KeyedGenerator) -> SearchSpace.Point {
        var remaining = generator.uniform()
        var component = 0
        while component < count, remaining >= weights[component] {
            remaining -= weights[component]
            component += 1
        }
        var point = [Int](repeating: 0, count: space.dimensions.count)
        for place in space.sortedByName where space.dimensions[place].choices > 1 {
            let centre = component < count ? observed[component * point.count + place] : nil
            point[place] = choice(at: place, observed: centre, uniform: generator.uniform())
        }
        return point
    }

    /// Inverse of the cumulative distribution of one dimension of one component.
    private func choice(at place: Int, observed: Int?, uniform: Double) -> Int {
        let choices = space.dimensions[place].choices
        guard let observed else { return min(Int(uniform * Double(choices)), choices - 1) }
        let (hit, miss) = (exp(logHit[place]), exp(logMiss[place]))
        var cumulative = 0.0
        for choice in 0..<choices {
            cumulative += choice == observed ? hit : miss
            if uniform < cumulative { return choice }
        }
        return choices - 1
    }
}
