internal import Randomness

/// The first points of a search, chosen without results: in every dimension each choice comes equally often, in keyed orders.
package struct LatinDesign: Sendable {
    /// Distinct points, at most as many as the space has.
    package let points: [SearchSpace.Point]

    /// - Parameters:
    ///   - first: go before the others, in their order.
    ///   - excluded: points that are known already.
    package init(
        _ space: SearchSpace, size: Int, seed: UInt64, first: [SearchSpace.Point] = [], excluded: [SearchSpace.Point] = []
    ) {
        var taken = Set(excluded)
        var points = first.filter { space.contains($0) && taken.insert($0).inserted }
        let wanted = min(max(size, points.count), space.size - min(space.size, excluded.count))
        var columns = space.dimensions.enumerated().map { Column(place: $0, choices: $1.choices, seed: seed) }
        // In a space that is nearly used up a row may be known already: the next free point takes its place.
        while points.count < wanted {
            var point = columns.indices.map { columns[$0].next() }
            while !taken.insert(point).inserted { point = space.successor(of: point) }
            points.append(point)
        }
        self.points = points
    }

    /// One permutation of the choices of a dimension after another.
    private struct Column {
        let place: Int
        let choices: Int
        let seed: UInt64
        var round = 0
        var left: [Int] = []

        init(place: Int, choices: Int, seed: UInt64) {
            (self.place, self.choices, self.seed) = (place, choices, seed)
        }

        mutating func next() -> Int {
            if left.isEmpty {
                var generator = KeyedGenerator(seed: seed, purpose: "latin design/\(place)", index: round)
                left = generator.shuffled(Array(0..<choices))
                round += 1
            }
            return left.removeLast()
        }
    }
}
