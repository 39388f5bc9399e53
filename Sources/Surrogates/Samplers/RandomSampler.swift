package import Randomness

/// Any open point, all equally likely: what a model has to beat.
package struct RandomSampler: Sampler {
    private let space: SearchSpace
    private let seed: UInt64

    package init(space: SearchSpace, seed: UInt64) {
        self.space = space
        self.seed = seed
    }

    package func propose(
        _ table: ExampleTable, pending: [SearchSpace.Point], isOpen: (SearchSpace.Point) -> Bool, number: Int, spent: Double
    ) -> Suggestion? {
        explore(number, table.points.count + pending.count + number, isOpen)
    }

    package func beliefs(_ table: ExampleTable) -> [Belief]? { nil }

    /// A random open point, or the next after one.
    /// - Parameter taken: how many points at most are not open.
    func explore(_ number: Int, _ taken: Int, _ isOpen: (SearchSpace.Point) -> Bool) -> Suggestion? {
        var generator = KeyedGenerator(seed: seed, purpose: "random point", index: number)
        var point = space.randomPoint(&generator)
        // Several draws before the neighbours of one: these are more likely the nearer they follow what is taken.
        for _ in 0..<8 where !isOpen(point) { point = space.randomPoint(&generator) }
        for _ in 0..<min(space.size, taken + 2) {
            if isOpen(point) { return Suggestion(point: point, reason: "random") }
            point = space.successor(of: point)
        }
        return nil
    }
}

extension SearchSpace {
    /// A point with every choice equally likely; dimensions are drawn in the order of their names.
    package func randomPoint(_ generator: inout KeyedGenerator) -> Point {
        var point = [Int](repeating: 0, count: dimensions.count)
        for place in sortedByName where dimensions[place].choices > 1 {
            point[place] = generator.below(dimensions[place].choices)
        }
        return point
    }
}
