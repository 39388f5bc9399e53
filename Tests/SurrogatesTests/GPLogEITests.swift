import Randomness
import Surrogates
import Testing

@Suite struct GPLogEITests {
    private func space(_ choices: [Int]) -> SearchSpace {
        SearchSpace(choices.enumerated().map { .init(name: "d\($0.offset)", choices: $0.element) })
    }

    private func sampler(_ space: SearchSpace, designSize: Int = 0) -> GPLogEI {
        GPLogEI(space: space, seed: 7, designSize: designSize)
    }

    /// (point, example, value) of blocks of a surface in which the sum of choices decides.
    private func records(_ space: SearchSpace, points: Int, seed: UInt64 = 1) -> [([Int], Int, Double)] {
        (0..<points).flatMap { number -> [([Int], Int, Double)] in
            var generator = KeyedGenerator(seed: seed, purpose: "records", index: number)
            let point = space.randomPoint(&generator)
            let chance = 0.2 + 0.6 * Double(point.reduce(0, +)) / Double(space.dimensions.reduce(0) { $0 + $1.choices - 1 })
            // The first value of a point's example stands: they must not differ.
            return (0..<6).map { place in
                let example = (number + 5 * place) % 40
                let key = point.reduce(example) { 31 * $0 + $1 }
                generator = KeyedGenerator(seed: seed, purpose: "values", index: key)
                return (point, example, generator.uniform() < chance ? 1 : 0)
            }
        }
    }

    private func table(_ space: SearchSpace, _ records: [([Int], Int, Double)]) -> ExampleTable {
        var table = ExampleTable(space: space, examples: 40)
        for (point, example, value) in records { table.record(value, of: example, at: point) }
        return table
    }

    private func allPoints(_ space: SearchSpace) -> [[Int]] {
        var points = [space.dimensions.map { _ in 0 }]
        while points.count < space.size { points.append(space.successor(of: points[points.count - 1])) }
        return points
    }

    @Test func proposesWhereTheImprovementIsGreatest() throws {
        let space = space([4, 3, 5])
        var global = 0
        for seed in 0..<20 {
            let table = table(space, records(space, points: 15, seed: UInt64(seed)))
            let pending = [[0, 1, 2], [3, 2, 4]]
            var sampler = sampler(space)
            let proposed = sampler.propose(table, pending: pending, isOpen: { $0[1] != 1 }, number: 3, spent: 0.4)
            let suggestion = try #require(proposed)
            let process = GaussianProcess.fit(table).conditioned(on: pending, block: 12)
            let threshold = try #require((table.points + pending).map { process.mean(at: $0) }.max())
            func gain(_ point: [Int]) -> Double {
                let belief = process.belief(at: point)
                let variance = belief.deviation * belief.deviation
                return ExpectedImprovement.logarithm(
                    mean: belief.mean, deviation: variance / (variance + process.variance / 12).squareRoot(), threshold: threshold
                )
            }
            #expect(suggestion.reason == "log EI")
            let allowed = allPoints(space).filter { $0[1] != 1 && !pending.contains($0) }
            #expect(allowed.contains(suggestion.point))
            let reached = gain(suggestion.point)
            for other in allowed where zip(other, suggestion.point).filter({ $0 != $1 }).count == 1 {
                #expect(gain(other) <= reached + 1e-6)
            }
            let greatest = try #require(allowed.map(gain).max())
            if reached > greatest - 1e-6 { global += 1 }
        }
        #expect(global >= 18)
    }

    @Test func theOrderOfArrivalDoesNotMatter() {
        let space = space([5, 1, 4, 6])
        let records = records(space, points: 40)
        let pending = [[0, 0, 0, 0], [4, 0, 3, 5], [0, 0, 0, 0], [2, 0, 2, 2]]
        let first = table(space, records)
        var expected = sampler(space)
        var generator = KeyedGenerator(seed: 2, purpose: "orders")
        for _ in 0..<5 {
            let shuffled = table(space, generator.shuffled(records) + records.prefix(9))
            var other = sampler(space)
            for number in 0..<6 {
                let left = expected.propose(first, pending: pending, isOpen: { _ in true }, number: number, spent: 0.5)
                let right = other.propose(
                    shuffled, pending: generator.shuffled(pending), isOpen: { _ in true }, number: number, spent: 0.5)
                #expect(left == right && left != nil)
            }
            #expect(expected.beliefs(first) == other.beliefs(shuffled))
            #expect(sampler(space).beliefs(shuffled) == other.beliefs(shuffled))
        }
    }

    @Test func aBatchHasNoTwoEqualPoints() {
        let space = space([3, 3, 3])
        let table = table(space, records(space, points: 8))
        var sampler = sampler(space)
        var batch: [[Int]] = []
        for number in 0..<27 {
            guard let point = sampler.propose(table, pending: batch, isOpen: { _ in true }, number: number, spent: 0.2)?.point
            else { break }
            batch.append(point)
        }
        #expect(Set(batch).count == 27)
        // Everything is in flight: an open point is proposed once more, and nothing once none is open.
        let again = sampler.propose(table, pending: batch, isOpen: { $0 == [1, 2, 0] }, number: 27, spent: 0.3)
        let none = sampler.propose(table, pending: batch, isOpen: { _ in false }, number: 28, spent: 0.3)
        #expect(again?.point == [1, 2, 0])
        #expect(none == nil)
    }

    @Test func theDesignComesFirst() {
        let space = space([4, 4])
        var (first, second) = (sampler(space, designSize: 8), Racing(space: space, seed: 7, designSize: 8))
        let empty = table(space, [])
        for number in 0..<8 {
            let suggestion = first.propose(empty, pending: [], isOpen: { _ in true }, number: number, spent: 0)
            #expect(suggestion?.reason == "initial design")
            let other = second.propose(empty, pending: [], isOpen: { _ in true }, number: number, spent: 0)
            #expect(suggestion == other)
        }
        let next = first.propose(empty, pending: [], isOpen: { _ in true }, number: 8, spent: 0)
        #expect(next?.reason == "random")
    }

    @Test func findsTheBest() {
        let space = space([6, 6, 6, 6])
        var table = ExampleTable(space: space, examples: 40)
        var sampler = sampler(space, designSize: 12)
        for number in 0..<50 {
            let (known, examples) = (table, 40)
            func isOpen(_ point: [Int]) -> Bool { known.count(at: point) < examples }
            guard let point = sampler.propose(table, pending: [], isOpen: isOpen, number: number, spent: 0)?.point else { break }
            let chance = 0.1 + 0.8 * Double(point.reduce(0, +)) / 20
            var generator = KeyedGenerator(seed: 9, purpose: "values", index: number)
            for example in generator.sample(12, of: Array(0..<40)) {
                table.record(chance + 0.1 * (generator.uniform() - 0.5), of: example, at: point)
            }
        }
        let best = sampler.beliefs(table)?.max { $0.mean < $1.mean }
        #expect((best?.point.reduce(0, +) ?? 0) >= 17)
    }

    @Test(arguments: [
        [1.0], [0], [-7], [1e300, -1e300], [0.25, 0.5, 0.75], [-3, 12, 400, 1e9], [.leastNonzeroMagnitude], [1, 0, 1, 1],
    ])
    func oddMetricsGivePointsAndNumbers(values: [Double]) {
        for choices in [[5, 4, 3], [6], [1, 1], [1, 3, 1], []] {
            let space = space(choices)
            for count in [0, 1, 2, 12] {
                var table = ExampleTable(space: space, examples: 5)
                for number in 0..<count {
                    var generator = KeyedGenerator(seed: 4, purpose: "odd", index: number)
                    table.record(values[number % values.count], of: number % 5, at: space.randomPoint(&generator))
                }
                var sampler = sampler(space)
                for number in 0..<4 {
                    let pending = (0..<number).map { _ in choices.map { _ in 0 } }
                    let suggestion = sampler.propose(table, pending: pending, isOpen: { _ in true }, number: number, spent: 0.5)
                    #expect(suggestion.map { space.contains($0.point) } == true)
                }
                for belief in sampler.beliefs(table) ?? [] {
                    #expect(belief.mean.isFinite && belief.deviation.isFinite && belief.deviation >= 0)
                }
            }
        }
    }

    @Test func everySamplerEndsWithASmallSpace() {
        let space = space([2, 1, 3])
        let samplers: [any Sampler] = [
            sampler(space), TPESampler(space: space, seed: 1), RandomSampler(space: space, seed: 1),
        ]
        for var sampler in samplers {
            var table = ExampleTable(space: space, examples: 2)
            var closed: Set<[Int]> = []
            for number in 0..<6 {
                let point = sampler.propose(table, pending: [], isOpen: { !closed.contains($0) }, number: number, spent: 0)?.point
                guard let point else {
                    Issue.record("nothing proposed after \(number) of 6 points")
                    break
                }
                #expect(closed.insert(point).inserted)
                for example in 0..<2 { table.record(Double(point[0]), of: example, at: point) }
            }
            let further = sampler.propose(table, pending: [], isOpen: { !closed.contains($0) }, number: 6, spent: 1)
            #expect(further == nil)
        }
    }
}
