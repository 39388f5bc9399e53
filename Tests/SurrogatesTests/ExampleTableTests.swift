import Surrogates
import Testing

@Suite struct ExampleTableTests {
    private let space = SearchSpace([.init(name: "a", choices: 3), .init(name: "b", choices: 2)])

    @Test func recordsAreKept() {
        var table = ExampleTable(space: space, examples: 4)
        table.record(1, of: 3, at: [2, 0])
        table.record(0.5, of: 1, at: [2, 0])
        table.record(0, of: 1, at: [0, 1])
        #expect(table.points == [[0, 1], [2, 0]])
        #expect(table.observations == 3)
        #expect(table.count(at: [2, 0]) == 2 && table.count(at: [1, 1]) == 0)
        #expect(table.value(of: 1, at: [2, 0]) == 0.5)
        #expect(table.value(of: 0, at: [2, 0]) == nil && table.value(of: 9, at: [2, 0]) == nil)
        #expect(table.value(of: 0, at: [1, 1]) == nil)
        #expect(table.values(at: [2, 0]).map(\.example) == [1, 3])
        #expect(table.mean(at: [2, 0]) == 0.75 && table.mean(at: [1, 1]) == nil)
        #expect(table.exampleCounts == [0, 2, 0, 1])
    }

    @Test func theFirstValueStands() {
        var table = ExampleTable(space: space, examples: 2)
        for value in [0.25, 1, 0.25] { table.record(value, of: 0, at: [1, 1]) }
        #expect(table.observations == 1)
        #expect(table.value(of: 0, at: [1, 1]) == 0.25)
    }

    @Test func whatIsNotANumberIsMissing() {
        var table = ExampleTable(space: space, examples: 2)
        for value in [Double.nan, .infinity, -.infinity] { table.record(value, of: 0, at: [1, 1]) }
        #expect(table.observations == 0 && table.points.isEmpty)
        table.record(1, of: 0, at: [1, 1])
        #expect(table.value(of: 0, at: [1, 1]) == 1)
    }

    @Test func pointsAreChecked() {
        #expect(space.contains([2, 1]))
        #expect(!space.contains([3, 0]) && !space.contains([0, -1]) && !space.contains([0]) && !space.contains([0, 0, 0]))
    }
}
