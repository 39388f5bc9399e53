import Randomness
import Testing

@testable import Surrogates

@Suite struct RacingTests {
    private let space = SearchSpace([.init(name: "a", choices: 4), .init(name: "b", choices: 3), .init(name: "one", choices: 1)])

    /// The second choice of `a` is right seven times in ten, others four times.
    private func outcome(_ point: SearchSpace.Point, _ example: Int) -> Double {
        var generator = KeyedGenerator(seed: 5, purpose: "outcome/\(point)", index: example)
        return generator.uniform() < (point[0] == 1 ? 0.7 : 0.4) ? 1 : 0
    }

    /// Proposes and evaluates blocks of five until nothing is open or the budget is spent.
    private func search(_ sampler: inout Racing, examples: Int, budget: Int) -> (table: ExampleTable, proposals: [Suggestion]) {
        var table = ExampleTable(space: space, examples: examples)
        var proposals: [Suggestion] = []
        var spent = 0
        while spent < budget {
            let copy = table
            let suggestion = sampler.propose(
                table, pending: [], isOpen: { copy.count(at: $0) < examples }, number: proposals.count,
                spent: Double(spent) / Double(budget))
            guard let suggestion else { break }
            proposals.append(suggestion)
            let block = (0..<examples).filter { table.value(of: $0, at: suggestion.point) == nil }.prefix(5)
            for example in block { table.record(outcome(suggestion.point, example), of: example, at: suggestion.point) }
            spent += block.count
        }
        return (table, proposals)
    }

    @Test func itFindsWhatIsBetter() {
        var right = 0
        for seed in 0..<8 {
            var sampler = Racing(space: space, seed: UInt64(seed), designSize: 8)
            let (table, _) = search(&sampler, examples: 60, budget: 360)
            let best = sampler.beliefs(table)?.max { $0.mean < $1.mean }
            if best?.point[0] == 1 { right += 1 }
        }
        #expect(right >= 7)
    }

    @Test func theDesignIsBalancedAndDistinct() {
        let design = LatinDesign(space, size: 12, seed: 3).points
        #expect(design.count == 12 && Set(design).count == 12)
        for choice in 0..<4 { #expect(design.count { $0[0] == choice } == 3) }
        let known = [0, 0, 0]
        let rest = LatinDesign(space, size: 100, seed: 3, first: [[1, 1, 0], [1, 1, 0], [9, 9, 9]], excluded: [known]).points
        #expect(rest.count == 11 && rest.first == [1, 1, 0] && !rest.contains(known))
        #expect(LatinDesign(SearchSpace([]), size: 3, seed: 0).points == [[]])
    }

    @Test func whatItKeepsDoesNotMatter() throws {
        var sampler = Racing(space: space, seed: 2, designSize: 4)
        let (table, proposals) = search(&sampler, examples: 30, budget: 200)
        var fresh = Racing(space: space, seed: 2, designSize: 4)
        let number = proposals.count
        let first = sampler.propose(table, pending: [], isOpen: { _ in true }, number: number, spent: 0.5)
        _ = sampler.propose(table, pending: [], isOpen: { _ in true }, number: number + 7, spent: 0.5)
        #expect(first != nil && first == fresh.propose(table, pending: [], isOpen: { _ in true }, number: number, spent: 0.5))
        #expect(sampler.beliefs(table) == Racing(space: space, seed: 9, designSize: 1).beliefs(table))
    }

    @Test func aSmallSpaceComesToItsEnd() {
        var sampler = Racing(space: space, seed: 1, designSize: 16)
        let (table, proposals) = search(&sampler, examples: 10, budget: .max)
        #expect(table.observations == 12 * 10)
        #expect(proposals.count == 12 * 2)
        #expect(proposals.prefix(12).allSatisfy { $0.reason == "initial design" })
        #expect(sampler.propose(table, pending: [], isOpen: { _ in false }, number: 99, spent: 1) == nil)
    }

    @Test func nothingKnownIsNoReasonToStop() {
        var sampler = Racing(space: space, seed: 1, designSize: 0)
        let empty = ExampleTable(space: space, examples: 5)
        #expect(sampler.propose(empty, pending: [], isOpen: { _ in true }, number: 40, spent: 0)?.reason == "random")
        #expect(sampler.beliefs(empty) == [])
    }

    @Test func itSettlesWhenNothingElseMayBeBetter() {
        var sampler = Racing(space: space, seed: 1, designSize: 4)
        func isSettled(_ table: ExampleTable, probability: Double = 0.05) -> Bool {
            sampler.isSettled(table, SettlingRule(margin: 0.02, probability: probability))
        }
        var table = ExampleTable(space: space, examples: 200)
        #expect(!isSettled(table), "nothing is known")
        for example in 0..<5 { table.record(Double(example % 2), of: example, at: [1, 0, 0]) }
        #expect(!isSettled(table), "nothing else was looked at")
        for first in 0..<4 {
            for second in 0..<3 {
                for example in 0..<200 {
                    table.record(first == 1 && second == 2 || example % 4 == 0 ? 1 : 0, of: example, at: [first, second, 0])
                }
            }
        }
        #expect(isSettled(table))
        #expect(!isSettled(table, probability: 0), "0 is never")
        // What it asks itself does not change what it proposes.
        var other = Racing(space: space, seed: 1, designSize: 4)
        for number in 4..<12 {
            let (left, right) = (
                sampler.propose(table, pending: [], isOpen: { _ in true }, number: number, spent: 0.5),
                other.propose(table, pending: [], isOpen: { _ in true }, number: number, spent: 0.5)
            )
            #expect(left == right)
        }
    }
}
