internal import Randomness
package import Surrogates

extension Surface {
    /// The best true score that a climb finds, a lower bound of the highest one: from the best main effects, from the
    /// needle and from three random points, coordinate ascent of the part of the logit that all examples share, then of the
    /// true score itself among the four most promising choices of each dimension.
    package func climbed() -> (point: SearchSpace.Point, score: Double) {
        var generator = KeyedGenerator(seed: UInt64(bitPattern: Int64(seed)), purpose: "surface/optimum/\(cls)")
        var starts = [choices.indices.map { dimension in ranked(dimension) { main[dimension * width + $0] }[0] }]
        if let needle {
            var start = starts[0]
            for (dimension, choice) in zip(needle.dimensions, needle.choices) { start[dimension] = choice }
            starts.append(start)
        }
        for _ in 0..<3 { starts.append(choices.map { generator.below($0) }) }
        var best: (point: SearchSpace.Point, score: Double)?
        for start in starts {
            let top = polished(ascended(start, &generator))
            if top.score > best?.score ?? -.infinity { best = top }
        }
        return best ?? (starts[0], trueScore(at: starts[0]))
    }

    /// The choices of a dimension, the highest value first, equals in their order.
    private func ranked(_ dimension: Int, by value: (Int) -> Double) -> [Int] {
        let values = (0..<choices[dimension]).map(value)
        return values.indices.sorted { values[$0] == values[$1] ? $0 < $1 : values[$0] > values[$1] }
    }

    private func ranked(_ dimension: Int, around point: SearchSpace.Point) -> [Int] {
        ranked(dimension) { linear(changing(point, dimension, to: $0)).total }
    }

    private func ascended(_ start: SearchSpace.Point, _ generator: inout KeyedGenerator) -> SearchSpace.Point {
        var point = start
        for _ in 0..<8 {
            let before = point
            for dimension in generator.shuffled(Array(choices.indices)) { point[dimension] = ranked(dimension, around: point)[0] }
            if point == before { break }
        }
        return point
    }

    private func polished(_ start: SearchSpace.Point) -> (point: SearchSpace.Point, score: Double) {
        var best = (point: start, score: trueScore(at: start))
        for _ in 0..<3 {
            let before = best.point
            for dimension in choices.indices {
                for choice in ranked(dimension, around: best.point).prefix(4) where choice != best.point[dimension] {
                    let point = changing(best.point, dimension, to: choice)
                    let score = trueScore(at: point)
                    if score > best.score { best = (point, score) }
                }
            }
            if best.point == before { break }
        }
        return best
    }
}

private func changing(_ point: SearchSpace.Point, _ dimension: Int, to choice: Int) -> SearchSpace.Point {
    var point = point
    point[dimension] = choice
    return point
}
