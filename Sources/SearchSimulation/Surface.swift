internal import Foundation
package import Surrogates

/// A simulated task: how likely each example is solved at each point of a categorical search space.
///
/// Predictor j has two dimensions: 2j chooses its instructions, 2j + 1 its demo set. With σ the logistic function, example i is
/// solved at point x with the probability
///
///     σ(base + bᵢ + Σ_d A_d[x_d] + Σ_pairs W_de[x_d, x_e] + needle(x) + uᵢ · Σ_d v_d[x_d])
///
/// or, in a pipeline, with the product of one such probability per predictor (its own base, b and dimensions; the pairs and the
/// needle shared evenly). Examples 0..<validation are what a search sees; the `population` examples after them define the true
/// score.
package struct Surface: Sendable {
    /// An interaction of two dimensions: `weights[choice of first × width + choice of second]`.
    struct Pair: Sendable {
        var first: Int
        var second: Int
        var weights: [Double]
    }

    /// One combination of choices that is worth more than its parts.
    struct Needle: Sendable {
        var dimensions: [Int]
        var choices: [Int]
        var height: Double
    }

    /// The name of its class: `mixed_D8`.
    package let cls: String
    package let seed: Int
    package let predictors: Int
    /// Per dimension.
    package let choices: [Int]
    /// How many examples a search may use: V.
    package let validation: Int
    /// How many other examples the true score is the mean over.
    package let population: Int
    /// The best true score that is known: what regret is measured against.
    package var optimum: Double

    /// Places per dimension in the tables below: at least the greatest number of choices.
    let width: Int
    let isPipeline: Bool
    /// One, or one per predictor of a pipeline.
    let base: [Double]
    /// A: dimension × width + choice.
    let main: [Double]
    let pairs: [Pair]
    let needle: Needle?
    /// b: one per example, or of a pipeline per predictor and example.
    let ease: [Double]
    /// How many traits an example has.
    let rank: Int
    /// u: example × rank + trait.
    let traits: [Double]
    /// v: (dimension × width + choice) × rank + trait.
    let liking: [Double]

    /// The logit's part that is the same for all examples: of the main effects alone, and of everything.
    func linear(_ point: SearchSpace.Point) -> (main: Double, total: Double) {
        var total = 0.0
        for (dimension, choice) in point.enumerated() { total += main[dimension * width + choice] }
        let mainPart = total
        for pair in pairs { total += pair.weights[point[pair.first] * width + point[pair.second]] }
        if let needle, zip(needle.dimensions, needle.choices).allSatisfy({ point[$0] == $1 }) { total += needle.height }
        return (mainPart, total)
    }

    /// The probability that each of `examples` is solved at `point`.
    package func probabilities(at point: SearchSpace.Point, of examples: some Sequence<Int>) -> [Double] {
        let (mainPart, total) = linear(point)
        guard isPipeline else {
            let traitEffects = traitEffects(of: point.indices, at: point)
            return examples.map { logistic(base[0] + ease[$0] + total + traitTerm($0, traitEffects)) }
        }
        let shared = (total - mainPart) / Double(predictors)
        let stages = (0..<predictors).map { predictor in
            let dimensions = [2 * predictor, 2 * predictor + 1]
            let own = dimensions.reduce(0) { $0 + main[$1 * width + point[$1]] }
            return (base[predictor] + own + shared, traitEffects(of: dimensions, at: point))
        }
        let count = validation + population
        return examples.map { example in
            stages.enumerated().reduce(1) { product, stage in
                let (offset, effects) = stage.element
                return product * logistic(offset + ease[stage.offset * count + example] + traitTerm(example, effects))
            }
        }
    }

    /// The mean probability over the population.
    package func trueScore(at point: SearchSpace.Point) -> Double {
        let probabilities = probabilities(at: point, of: validation..<(validation + population))
        return probabilities.reduce(0, +) / Double(population)
    }

    /// Σ_d v_d[x_d], by trait.
    private func traitEffects(of dimensions: some Sequence<Int>, at point: SearchSpace.Point) -> [Double] {
        var effects = [Double](repeating: 0, count: rank)
        for dimension in dimensions {
            let start = (dimension * width + point[dimension]) * rank
            for trait in 0..<rank { effects[trait] += liking[start + trait] }
        }
        return effects
    }

    private func traitTerm(_ example: Int, _ effects: [Double]) -> Double {
        var term = 0.0
        for trait in 0..<rank { term += traits[example * rank + trait] * effects[trait] }
        return term
    }
}

private func logistic(_ value: Double) -> Double { 1 / (1 + exp(-value)) }
