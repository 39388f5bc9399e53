/// Which example gave what for which point: N points × V examples, most places empty.
///
/// It stands for a set of records. Whatever is read from it, and whatever is computed from it, follows from that set and not
/// from the order of arrival: points come in canonical order, which is the lexicographic order of their choices.
package struct ExampleTable: Sendable {
    package let space: SearchSpace
    /// V: examples are 0..<examples.
    package let examples: Int
    /// How many (point, example) pairs have a value.
    package private(set) var observations = 0
    /// A sum of hashes of the records: equal for equal sets of records, whatever their order.
    private(set) var fingerprint = Fingerprint()
    private var rowOfPoint: [SearchSpace.Point: Int] = [:]
    /// In order of arrival.
    private var rows: [Row] = []

    private struct Row: Sendable {
        var point: SearchSpace.Point
        var count = 0
        /// By example; NaN where there is none.
        var values: [Double]
    }

    package init(space: SearchSpace, examples: Int) {
        precondition(examples >= 0, "a number of examples is not negative")
        self.space = space
        self.examples = examples
    }

    /// Adds a value. Idempotent: the first value of a (point, example) pair stands. A value that is not a finite number is
    /// missing data, and is not added.
    package mutating func record(_ value: Double, of example: Int, at point: SearchSpace.Point) {
        precondition(examples > example && example >= 0, "example \(example) is not one of 0..<\(examples)")
        guard value.isFinite else { return }
        let row = row(of: point)
        guard rows[row].values[example].isNaN else { return }
        rows[row].values[example] = value
        rows[row].count += 1
        observations += 1
        fingerprint.add(point, example, value)
    }

    private mutating func row(of point: SearchSpace.Point) -> Int {
        if let row = rowOfPoint[point] { return row }
        precondition(space.contains(point), "\(point) is not a point of the space")
        rows.append(Row(point: point, values: Array(repeating: .nan, count: examples)))
        rowOfPoint[point] = rows.count - 1
        return rows.count - 1
    }

    /// The points with at least one value, in canonical order.
    package var points: [SearchSpace.Point] { canonicalRows.map { rows[$0].point } }

    /// n_x: how many examples have a value at `point`.
    package func count(at point: SearchSpace.Point) -> Int { rowOfPoint[point].map { rows[$0].count } ?? 0 }

    package func value(of example: Int, at point: SearchSpace.Point) -> Double? {
        guard let row = rowOfPoint[point], examples > example, example >= 0 else { return nil }
        let value = rows[row].values[example]
        return value.isNaN ? nil : value
    }

    /// The values at `point`, by ascending example.
    package func values(at point: SearchSpace.Point) -> [(example: Int, value: Double)] {
        guard let row = rowOfPoint[point] else { return [] }
        return rows[row].values.enumerated().filter { !$0.element.isNaN }.map { (example: $0.offset, value: $0.element) }
    }

    /// The plain mean at `point`, summed by ascending example; nil where there is no value.
    package func mean(at point: SearchSpace.Point) -> Double? {
        let values = values(at: point)
        return values.isEmpty ? nil : values.reduce(0) { $0 + $1.value } / Double(values.count)
    }

    /// By example: at how many points it has a value.
    package var exampleCounts: [Int] {
        var counts = [Int](repeating: 0, count: examples)
        for row in rows { for (example, value) in row.values.enumerated() where !value.isNaN { counts[example] += 1 } }
        return counts
    }

    private var canonicalRows: [Int] {
        rows.indices.filter { rows[$0].count > 0 }.sorted { rows[$0].point.lexicographicallyPrecedes(rows[$1].point) }
    }
}

extension SearchSpace {
    /// Whether `point` has one of the choices of every dimension.
    package func contains(_ point: Point) -> Bool {
        point.count == dimensions.count && zip(point, dimensions).allSatisfy { 0 <= $0 && $0 < $1.choices }
    }
}
