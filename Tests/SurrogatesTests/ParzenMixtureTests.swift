import Foundation
import Randomness
import Surrogates
import Testing

@Suite struct ParzenMixtureTests {
    private let space = SearchSpace([.init(name: "a", choices: 3), .init(name: "b", choices: 2)])

    /// By hand: K = 3, components (1 + 1/3) / (1 + 3/3) = 2/3 and 1/6 for a, (4/3) / (5/3) = 4/5 and 1/5 for b.
    @Test func aSmallMixtureByHand() {
        let mixture = ParzenMixture(space: space, points: [[0, 0], [2, 1]])
        let expected = (2.0 / 3 * 4 / 5 + 1.0 / 6 * 1 / 5 + 1.0 / 6) / 3
        #expect(abs(mixture.logProbability([0, 0]) - log(expected)) < 1e-14)
    }

    @Test func theEmptyMixtureIsUniform() {
        let mixture = ParzenMixture(space: space, points: [])
        #expect(abs(mixture.logProbability([1, 1]) - log(1.0 / 6)) < 1e-14)
        #expect(mixture.weights == [1])
    }

    @Test(arguments: [0, 1, 24, 25, 26, 27, 60])
    func probabilitiesSumToOne(count: Int) {
        let points = (0..<count).map { [$0 % 3, $0 % 2] }
        let mixture = ParzenMixture(space: space, points: points)
        let total = (0..<3).flatMap { a in (0..<2).map { [a, $0] } }.reduce(0) { $0 + exp(mixture.logProbability($1)) }
        #expect(abs(total - 1) < 1e-12)
        #expect(abs(mixture.weights.reduce(0, +) - 1) < 1e-12)
    }

    @Test func olderObservationsWeighLess() {
        #expect(ParzenMixture.componentWeights(count: 25).allSatisfy { $0 == 1 })
        #expect(ParzenMixture.componentWeights(count: 26) == [1.0 / 26] + Array(repeating: 1, count: 25))
        let weights = ParzenMixture.componentWeights(count: 28)
        #expect(abs(weights[0] - 1.0 / 28) < 1e-15)
        #expect(abs(weights[1] - (1.0 / 28 + 1) / 2) < 1e-15)
        #expect(weights[2] == 1 && weights.count == 28)
    }

    @Test func samplesFollowTheProbabilities() {
        let mixture = ParzenMixture(space: space, points: [[0, 0], [2, 1], [2, 0], [2, 1]])
        var generator = KeyedGenerator(seed: 3, purpose: "chi")
        let draws = 20_000
        var counts: [[Int]: Int] = [:]
        for _ in 0..<draws { counts[mixture.sample(&generator), default: 0] += 1 }
        let chiSquare = (0..<3).flatMap { a in (0..<2).map { [a, $0] } }.reduce(0.0) { sum, point in
            let expected = Double(draws) * exp(mixture.logProbability(point))
            let difference = Double(counts[point, default: 0]) - expected
            return sum + difference * difference / expected
        }
        #expect(chiSquare < 20.5)  // 99.9 % point of five degrees of freedom
    }
}
