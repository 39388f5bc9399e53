import Randomness
import Surrogates

/// Small random tables, and what is asked of them.
struct TwoWaySample {
    struct Record {
        var point: [Int]
        var example: Int
        var value: Double
    }

    var space: SearchSpace
    var examples: Int
    var records: [Record]

    /// - Parameter value: of a uniform number; coins by default.
    init(
        seed: UInt64, choices: [Int], points: Int, examples: Int, share: Double = 0.5,
        value: (Double) -> Double = { $0 < 0.5 ? 0 : 1 }
    ) {
        var generator = KeyedGenerator(seed: seed, purpose: "two-way sample")
        space = SearchSpace(choices.enumerated().map { .init(name: "d\($0)", choices: $1) })
        self.examples = examples
        records = []
        for _ in 0..<points {
            let point = choices.map { generator.below($0) }
            for example in 0..<examples where generator.uniform() < share {
                // A point that is drawn twice keeps its first values.
                let isNew = !records.contains { $0.point == point && $0.example == example }
                let value = value(generator.uniform())
                if isNew { records.append(Record(point: point, example: example, value: value)) }
            }
        }
    }

    var table: ExampleTable { Self.table(space, examples, records) }

    static func table(_ space: SearchSpace, _ examples: Int, _ records: [Record]) -> ExampleTable {
        var table = ExampleTable(space: space, examples: examples)
        for record in records { table.record(record.value, of: record.example, at: record.point) }
        return table
    }

    var everyPoint: [[Int]] {
        var points = [space.dimensions.map { _ in 0 }]
        while points.count < space.size { points.append(space.successor(of: points[points.count - 1])) }
        return points
    }
}
