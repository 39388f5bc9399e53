import Randomness
import Surrogates
import Testing

@Suite struct TPESamplerTests {
    private let space = SearchSpace((0..<3).map { .init(name: "d\($0)", choices: 6) })

    private func records(_ points: Int) -> [([Int], Int, Double)] {
        (0..<points).flatMap { number -> [([Int], Int, Double)] in
            var generator = KeyedGenerator(seed: 1, purpose: "records", index: number)
            let point = space.randomPoint(&generator)
            return (0..<5).map { (point, $0, Double(point.reduce(0, +)) / 15 + 0.01 * Double($0)) }
        }
    }

    private func table(_ records: [([Int], Int, Double)]) -> ExampleTable {
        var table = ExampleTable(space: space, examples: 5)
        for (point, example, value) in records { table.record(value, of: example, at: point) }
        return table
    }

    @Test func theOrderOfArrivalDoesNotMatter() {
        let records = records(60)
        var generator = KeyedGenerator(seed: 2, purpose: "orders")
        var (first, second) = (TPESampler(space: space, seed: 3), TPESampler(space: space, seed: 3))
        let shuffled = table(generator.shuffled(records))
        let pending = [[5, 5, 5], [0, 1, 2], [5, 4, 5]]
        for number in 0..<30 {
            let left = first.propose(table(records), pending: pending, isOpen: { _ in true }, number: number, spent: 0)
            let right = second.propose(
                shuffled, pending: generator.shuffled(pending), isOpen: { _ in true }, number: number, spent: 0)
            #expect(left == right && left?.reason == "tpe")
        }
    }

    @Test func proposalsAreGoodAndOpen() {
        var sampler = TPESampler(space: space, seed: 3)
        let table = table(records(60))
        var sum = 0
        for number in 0..<40 {
            guard let point = sampler.propose(table, pending: [], isOpen: { $0[2] != 5 }, number: number, spent: 0)?.point
            else { continue }
            #expect(point[2] != 5)
            sum += point.reduce(0, +)
        }
        #expect(Double(sum) / 40 > 9)  // 7 is what random points of these would have
        #expect(sampler.beliefs(table) == nil)
    }

    @Test func withLittleKnownItIsRandom() {
        var sampler = TPESampler(space: space, seed: 3)
        let suggestion = sampler.propose(table(records(4)), pending: [], isOpen: { _ in true }, number: 0, spent: 0)
        #expect(suggestion?.reason == "random")
    }
}
