/// The values of a table in the model's scale, less the mean μ, point by point and example by example.
struct Observations: Sendable {
    let set: PointSet
    let examples: Int
    /// μ, on the model's scale.
    let mean: Double
    let scale: ScoreScale
    /// By point, then by ascending example.
    let rows: [[Entry]]

    struct Entry: Sendable {
        var example: Int
        /// y − μ
        var residual: Double
    }

    /// - Parameter mean: μ on the model's scale; by default that of all values, drawn to one half by two values of a half
    ///   where they are zeros and ones.
    init(_ table: ExampleTable, mean: Double? = nil) {
        set = PointSet(space: table.space, points: table.points)
        examples = table.examples
        let values = set.points.map { table.values(at: $0) }
        let scale = ScoreScale(values.flatMap { $0.map(\.value) })
        self.scale = scale
        let scaled = values.map { $0.map { Entry(example: $0.example, residual: scale.scaled($0.value)) } }
        let total = scaled.reduce(0) { $1.reduce($0) { $0 + $1.residual } }
        let count = Double(table.observations)
        let centre = mean ?? (scale.isBinary ? (total + 1) / (count + 2) : total / max(count, 1))
        self.mean = centre
        rows = scaled.map { $0.map { Entry(example: $0.example, residual: $0.residual - centre) } }
    }

    private init(_ whole: Observations, selected: [Int]) {
        set = PointSet(space: whole.set.space, points: selected.map { whole.set.points[$0] })
        examples = whole.examples
        mean = whole.mean
        scale = whole.scale
        rows = selected.map { whole.rows[$0] }
    }

    /// The observations of some of the points, given by ascending places.
    func selecting(_ places: [Int]) -> Observations {
        places.count == rows.count ? self : Observations(self, selected: places)
    }

    var count: Int { rows.reduce(0) { $0 + $1.count } }

    /// n_i: by example, at how many points it has a value.
    var exampleCounts: [Int] {
        var counts = [Int](repeating: 0, count: examples)
        for row in rows { for entry in row { counts[entry.example] += 1 } }
        return counts
    }

    /// By example: the sum over points of residual − subtracted[point], in canonical order.
    func exampleSums(subtracting subtracted: [Double]? = nil) -> [Double] {
        var sums = [Double](repeating: 0, count: examples)
        for (place, row) in rows.enumerated() {
            let less = subtracted?[place] ?? 0
            for entry in row { sums[entry.example] += entry.residual - less }
        }
        return sums
    }
}
