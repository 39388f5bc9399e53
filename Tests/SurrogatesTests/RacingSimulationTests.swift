import Randomness
import Surrogates
import Testing

@Suite struct RacingSimulationTests {
    @Test func proposalsDependOnTheSetOfRecordsOnly() {
        let sample = TwoWaySample(seed: 1, choices: [4, 3, 5], points: 14, examples: 10)
        var generator = KeyedGenerator(seed: 1, purpose: "permutations")
        var old = Racing(space: sample.space, seed: 5, designSize: 4)
        for number in 4..<16 {
            let known = Array(sample.records.prefix(20 + 3 * (number / 3)))
            let table = TwoWaySample.table(sample.space, sample.examples, known)
            let shuffled = TwoWaySample.table(sample.space, sample.examples, generator.shuffled(known))
            var fresh = Racing(space: sample.space, seed: 5, designSize: 4)
            // One that has seen it all, and one that begins here with the records in another order.
            let left = old.propose(table, pending: [], isOpen: { _ in true }, number: number, spent: 0.4)
            let right = fresh.propose(shuffled, pending: [], isOpen: { _ in true }, number: number, spent: 0.4)
            #expect(left == right && left?.reason.hasPrefix("thompson") == true)
            #expect(old.beliefs(table) == fresh.beliefs(shuffled))
        }
    }

    @Test func onlyOpenPointsAreProposed() {
        let sample = TwoWaySample(seed: 1, choices: [4, 3, 5], points: 14, examples: 10)
        var sampler = Racing(space: sample.space, seed: 5, designSize: 6)
        for number in 0..<40 {
            let suggestion = sampler.propose(sample.table, pending: [], isOpen: { $0[1] == 2 }, number: number, spent: 0.2)
            #expect(suggestion?.point[1] == 2)
        }
    }

    /// Every point gets every example once, and then the search ends.
    @Test(arguments: [[2, 2], [3], [1, 1], [2, 1, 3], []]) func aSmallSpaceIsUsedUp(choices: [Int]) {
        let space = SearchSpace(choices.enumerated().map { .init(name: "d\($0)", choices: $1) })
        var sampler = Racing(space: space, seed: 5, designSize: 16)
        var (table, number) = (ExampleTable(space: space, examples: 7), 0)
        while number <= 3 * space.size {
            let suggestion = sampler.propose(
                table, pending: [], isOpen: { table.count(at: $0) < 7 }, number: number, spent: 0.1)
            guard let point = suggestion?.point else { break }
            number += 1
            for example in (0..<7).filter({ table.value(of: $0, at: point) == nil }).prefix(3) {
                table.record(Double((example + point.reduce(0, +)) % 2), of: example, at: point)
            }
        }
        #expect(number == 3 * space.size && table.observations == 7 * space.size)
    }

    @Test func itFindsBetterPointsThanChance() {
        var (racing, random) = (0.0, 0.0)
        for seed in 1...4 as ClosedRange<UInt64> {
            let surface = CoinSurface(seed: seed)
            racing += surface.regret(of: Racing(space: surface.space, seed: seed, designSize: 12), budget: 360)
            random += surface.regret(of: RandomSampler(space: surface.space, seed: seed), budget: 360)
        }
        #expect(racing < 0.7 * random, "mean regret: racing \(racing / 4), random \(random / 4)")
    }
}

/// Coins whose chances are an additive part, parts of pairs, and the difficulty of examples.
private struct CoinSurface {
    static let choices = 6
    static let examples = 60
    let space = SearchSpace((0..<4).map { .init(name: "d\($0)", choices: choices) })
    let seed: UInt64
    private let main: [Double]
    private let pairs: [Double]
    private let effects: [Double]

    init(seed: UInt64) {
        self.seed = seed
        var generator = KeyedGenerator(seed: seed, purpose: "surface")
        func centred(_ deviation: Double) -> Double { deviation * (generator.uniform() - 0.5) * 12.0.squareRoot() }
        main = (0..<(4 * Self.choices)).map { _ in centred(0.06) }
        pairs = (0..<(16 * Self.choices * Self.choices)).map { _ in centred(0.02) }
        effects = (0..<Self.examples).map { _ in centred(0.15) }
    }

    func score(_ point: [Int]) -> Double {
        var sum = 0.4
        for first in 0..<4 {
            sum += main[first * Self.choices + point[first]]
            for second in 0..<first {
                sum += pairs[((first * 4 + second) * Self.choices + point[first]) * Self.choices + point[second]]
            }
        }
        return min(max(sum, 0), 1)
    }

    private func outcome(_ point: [Int], _ example: Int) -> Double {
        let key = point.reduce(0) { $0 * Self.choices + $1 } * Self.examples + example
        var generator = KeyedGenerator(seed: seed, purpose: "outcome", index: key)
        return generator.uniform() < score(point) + effects[example] ? 1 : 0
    }

    /// How much better the best point is than the one that is chosen after `budget` examples, in blocks of twelve.
    func regret(of sampler: any Sampler, budget: Int) -> Double {
        var (sampler, table, number) = (sampler, ExampleTable(space: space, examples: Self.examples), 0)
        while table.observations < budget {
            let spent = Double(table.observations) / Double(budget)
            let suggestion = sampler.propose(
                table, pending: [], isOpen: { table.count(at: $0) < Self.examples }, number: number, spent: spent)
            guard let point = suggestion?.point else { break }
            number += 1
            let counts = table.exampleCounts
            let left = (0..<Self.examples).filter { table.value(of: $0, at: point) == nil }
                .sorted { (counts[$0], $0) < (counts[$1], $1) }
            for example in left.prefix(12) { table.record(outcome(point, example), of: example, at: point) }
        }
        let means = table.points.map { Belief(point: $0, mean: table.mean(at: $0) ?? 0, deviation: 0) }
        let chosen = (sampler.beliefs(table) ?? means).max { $0.mean < $1.mean }
        var (best, point) = (0.0, [0, 0, 0, 0])
        for _ in 0..<space.size {
            best = max(best, score(point))
            point = space.successor(of: point)
        }
        return best - (chosen.map { score($0.point) } ?? 0)
    }
}
