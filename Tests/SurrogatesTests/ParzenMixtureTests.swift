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

    @Test(arguments: [0, 1, 24, 25, 26, 27, 300])
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

    @Test func aThirdOfAThousandObservations() {
        #expect(ParzenMixture.componentWeights(count: 0).isEmpty)
        #expect(ParzenMixture.componentWeights(count: 1) == [1])
        let weights = ParzenMixture.componentWeights(count: 300)
        #expect(weights.count == 300 && weights[275...].allSatisfy { $0 == 1 })
        #expect(abs(weights[0] - 1.0 / 300) < 1e-15)
        for (first, second) in zip(weights.prefix(274), weights[1..<275]) {
            #expect(abs(second - first - (1 - 1.0 / 300) / 274) < 1e-14)
        }
    }

    /// Components written out one by one: rows of probabilities that sum to one, products over dimensions, a weighted sum.
    @Test(arguments: [0, 1, 24, 25, 26, 300], [ParzenMixture.Weighing.byAge, .equally])
    func theDensityIsTheSumOfItsComponents(count: Int, weighing: ParzenMixture.Weighing) {
        let choices = [7, 1, 2, 20]
        let space = SearchSpace(choices.enumerated().map { .init(name: "d\($0.offset)", choices: $0.element) })
        let points = (0..<count).map { number in
            var generator = KeyedGenerator(seed: 8, purpose: "points", index: number)
            return space.randomPoint(&generator)
        }
        let mixture = ParzenMixture(space: space, points: points, weighing: weighing)
        let share = 1 / Double(count + 1)
        func row(_ observed: Int, _ choices: Int) -> [Double] {
            (0..<choices).map { ((observed == $0 ? 1 : 0) + share) / (1 + Double(choices) * share) }
        }
        for (observed, choices) in [(0, 7), (6, 7), (0, 1), (1, 2), (19, 20)] {
            #expect(abs(row(observed, choices).reduce(0, +) - 1) < 1e-14)
        }
        for number in 0..<20 {
            var generator = KeyedGenerator(seed: 8, purpose: "queries", index: number)
            let query = number < count ? points[number] : space.randomPoint(&generator)
            var sum = mixture.weights[count] / choices.reduce(1.0) { $0 * Double($1) }
            for (point, weight) in zip(points, mixture.weights) {
                sum += weight * query.indices.reduce(1.0) { $0 * row(point[$1], choices[$1])[query[$1]] }
            }
            #expect(abs(mixture.logProbability(query) - log(sum)) < 1e-12)
        }
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
