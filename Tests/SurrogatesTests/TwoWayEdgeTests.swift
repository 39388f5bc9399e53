import Randomness
import Surrogates
import Testing

/// Metrics and spaces at the edge: every number stays a number, and every search goes on.
@Suite struct TwoWayEdgeTests {
    struct Metric: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var value: @Sendable (Double) -> Double
    }

    static let metrics = [
        Metric(testDescription: "zeros") { _ in 0 }, Metric(testDescription: "ones") { _ in 1 },
        Metric(testDescription: "constant") { _ in 0.7 }, Metric(testDescription: "negative constant") { _ in -5 },
        Metric(testDescription: "huge constant") { _ in 1e300 }, Metric(testDescription: "continuous") { 0.7 + 0.02 * $0 },
        Metric(testDescription: "negative") { -3 * $0 - 4 }, Metric(testDescription: "tiny") { $0 * 1e-200 },
        Metric(testDescription: "huge") { ($0 - 0.5) * 1e200 },
        Metric(testDescription: "a catastrophe") { $0 < 0.05 ? -1e12 : $0 },
        Metric(testDescription: "mostly one value") { $0 < 0.9 ? 2 : $0 },
        Metric(testDescription: "extremes") { $0 < 0.5 ? -.greatestFiniteMagnitude : .greatestFiniteMagnitude },
    ]

    @Test(arguments: metrics, [[4, 3], [5], [3, 1, 2], [1, 1], []])
    func everyNumberIsANumber(metric: Metric, choices: [Int]) {
        for (points, examples) in [(1, 1), (6, 8)] {
            let sample = TwoWaySample(
                seed: 12, choices: choices, points: points, examples: examples, share: 0.9, value: metric.value)
            let model = TwoWayModel.fit(sample.table)
            #expect(model.kernelWeights.allSatisfy { $0.isFinite } && model.logEvidence.isFinite)
            #expect(model.effects.allSatisfy { $0.isFinite })
            for belief in model.beliefs(sample.everyPoint) { #expect(belief.mean.isFinite && belief.deviation >= 0) }
            var sampler = Racing(space: sample.space, seed: 1, designSize: 0)
            for number in 0..<4 {
                let suggestion = sampler.propose(
                    sample.table, pending: [], isOpen: { _ in true }, number: number, spent: Double(number) / 2)
                #expect(suggestion.map { sample.space.contains($0.point) } == true)
            }
        }
    }

    /// One value in twenty is a trillion times too low; the others still order the points.
    @Test func aCatastropheHidesNothing() {
        let space = SearchSpace([.init(name: "a", choices: 3)])
        var (table, generator) = (ExampleTable(space: space, examples: 60), KeyedGenerator(seed: 1, purpose: "catastrophe"))
        for a in 0..<3 {
            for example in 0..<60 {
                table.record(example % 20 == 7 ? -1e12 : Double(a) + generator.uniform(), of: example, at: [a])
            }
        }
        let model = TwoWayModel.fit(table)
        #expect(model.mean(at: [0]) + 0.3 < model.mean(at: [1]) && model.mean(at: [1]) + 0.3 < model.mean(at: [2]))
    }

    @Test func anEmptyTableHasThePrior() {
        let space = SearchSpace([.init(name: "a", choices: 3), .init(name: "b", choices: 2)])
        let model = TwoWayModel.fit(ExampleTable(space: space, examples: 5))
        #expect(model.mean(at: [0, 1]) == 0.5 && model.variance(at: [0, 1]) > 0)
        #expect(model.draw(seed: 1, number: 1).value(at: [2, 1]).isFinite)
        #expect(model.draw(seed: 1, number: 1).leaders.isEmpty)
    }

    @Test func pointsWithoutDataChangeNothing() {
        let sample = TwoWaySample(seed: 4, choices: [3, 4, 2], points: 7, examples: 6)
        var table = sample.table
        for point in sample.everyPoint { table.record(.nan, of: 0, at: point) }
        #expect(TwoWayModel.fit(table).beliefs(sample.everyPoint) == TwoWayModel.fit(sample.table).beliefs(sample.everyPoint))
    }
}
