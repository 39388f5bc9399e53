internal import Foundation
package import Randomness

/// A mixture over the points of a categorical space: one component per observed point and a uniform one, the prior.
///
/// Formulas of Optuna 5.0 (multivariate TPE for categorical parameters). With K components, C choices and prior weight 1, the
/// component of an observed choice o gives the choice c the probability ([c = o] + 1/K) / (1 + C/K).
package struct ParzenMixture: Sendable {
    /// How observations of different ages weigh.
    package enum Weighing: Sendable, Hashable {
        /// The last 25 weigh 1, older ones less.
        case byAge
        case equally
    }

    private let space: SearchSpace
    private let count: Int
    /// The observed choices, dimension after dimension.
    private let observed: [Int32]
    /// Normalised weights, the prior's last.
    package let weights: [Double]
    /// By dimension: the probability of the observed choice and of any other one.
    private let hit: [Double]
    private let miss: [Double]
    /// The logarithm of a component's probability of a point by how many of its choices it observed.
    private let logByMatches: [Double]
    private let logPrior: Double

    /// - Parameter points: observed points, oldest first.
    package init(space: SearchSpace, points: [SearchSpace.Point], weighing: Weighing = .byAge) {
        self.space = space
        count = points.count
        var observed = [Int32](repeating: 0, count: points.count * space.dimensions.count)
        for (component, point) in points.enumerated() {
            for place in point.indices { observed[place * points.count + component] = Int32(truncatingIfNeeded: point[place]) }
        }
        self.observed = observed
        let raw = weighing == .byAge ? Self.componentWeights(count: points.count) : Array(repeating: 1, count: points.count)
        let total = raw.reduce(1, +)
        weights = (raw + [1]).map { $0 / total }
        let share = 1 / Double(points.count + 1)
        hit = space.dimensions.map { (1 + share) / (1 + Double($0.choices) * share) }
        miss = space.dimensions.map { share / (1 + Double($0.choices) * share) }
        // A match is K + 1 times as likely as any other choice, whatever the dimension.
        let none = miss.reduce(0) { $0 + log($1) }
        let ratio = log(Double(points.count + 2))
        logByMatches = (0...space.dimensions.count).map { none + Double($0) * ratio }
        logPrior = space.dimensions.reduce(log(weights[points.count])) { $0 - log(Double($1.choices)) }
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
        let terms = weightByMatches(point).enumerated().map { log($1) + logByMatches[$0] } + [logPrior]
        let greatest = terms.max() ?? 0
        return greatest + log(terms.reduce(0) { $0 + exp($1 - greatest) })
    }

    /// The sum of the weights of the components that observed none, one, two … of the point's choices.
    private func weightByMatches(_ point: SearchSpace.Point) -> [Double] {
        var matches = [Int32](repeating: 0, count: count)
        var sums = [Double](repeating: 0, count: point.count + 1)
        matches.withUnsafeMutableBufferPointer { matches in
            observed.withUnsafeBufferPointer { observed in
                for place in point.indices {
                    let (start, choice) = (place &* count, Int32(truncatingIfNeeded: point[place]))
                    for component in 0..<count { matches[component] &+= observed[start &+ component] == choice ? 1 : 0 }
                }
            }
            for component in 0..<count { sums[Int(matches[component])] += weights[component] }
        }
        return sums
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
            let centre = component < count ? Int(observed[place * count + component]) : nil
            point[place] = choice(at: place, observed: centre, uniform: generator.uniform())
        }
        return point
    }

    /// Inverse of the cumulative distribution of one dimension of one component.
    private func choice(at place: Int, observed: Int?, uniform: Double) -> Int {
        let choices = space.dimensions[place].choices
        guard let observed else { return min(Int(uniform * Double(choices)), choices - 1) }
        var cumulative = 0.0
        for choice in 0..<choices {
            cumulative += choice == observed ? hit[place] : miss[place]
            if uniform < cumulative { return choice }
        }
        return choices - 1
    }
}
