internal import Randomness

/// Proposals by the logarithm of the expected improvement under an ordinary Gaussian process over the means of points.
///
/// First a Latin design, as ``Racing`` has it. Then the point whose posterior mean, after a block, is expected to improve most upon
/// the best posterior mean, where pending points count as measured: each gives what is expected of it, with the noise of its block, so that the
/// variance falls around it and the next proposal goes elsewhere. A point in flight is proposed again only where no other is
/// open. Found by climbing, dimension by dimension, from the most promising points with data and from random ones.
package struct GPLogEI: Sampler {
    private let space: SearchSpace
    private let seed: UInt64
    private let design: [SearchSpace.Point]
    private let block: Int
    /// The model of the last table.
    private var fitted: (fingerprint: Fingerprint, process: GaussianProcess)?

    /// - Parameters:
    ///   - designSize: how many proposals are made without results.
    ///   - first: points to begin with.
    ///   - known: points that are evaluated anyway.
    ///   - block: how many examples a proposal is evaluated on.
    package init(
        space: SearchSpace, seed: UInt64, designSize: Int, first: [SearchSpace.Point] = [], known: [SearchSpace.Point] = [],
        block: Int = 12
    ) {
        self.space = space
        self.seed = seed
        self.block = block
        design = LatinDesign(space, size: designSize, seed: seed, first: first, excluded: known).points
    }

    package mutating func propose(
        _ table: ExampleTable, pending: [SearchSpace.Point], isOpen: (SearchSpace.Point) -> Bool, number: Int, spent: Double
    ) -> Suggestion? {
        if number < design.count, isOpen(design[number]) {
            return Suggestion(point: design[number], reason: "initial design")
        }
        let busy = Set(pending)
        let random = RandomSampler(space: space, seed: seed)
        let attempts = table.points.count + busy.count + number
        guard table.observations > 0 else { return random.explore(number, attempts, isOpen) }
        let process = process(table)
        fitted = (table.fingerprint, process)
        let ahead = process.conditioned(on: pending, block: block)
        if let best = improve(ahead, number, isAllowed: { !busy.contains($0) && isOpen($0) }) {
            return Suggestion(point: best, reason: "log EI")
        }
        return random.explore(number, attempts) { !busy.contains($0) && isOpen($0) } ?? random.explore(number, attempts, isOpen)
    }

    package func beliefs(_ table: ExampleTable) -> [Belief]? {
        guard table.observations > 0 else { return [] }
        return process(table).beliefs(table.points)
    }

    private func process(_ table: ExampleTable) -> GaussianProcess {
        fitted.flatMap { $0.fingerprint == table.fingerprint ? $0.process : nil } ?? GaussianProcess.fit(table)
    }

    /// How many climbs start at points with data, and how many at random ones.
    private static let starts = (known: 5, random: 5)

    private func improve(
        _ process: GaussianProcess, _ number: Int, isAllowed: (SearchSpace.Point) -> Bool
    ) -> SearchSpace.Point? {
        let threshold = process.posteriorAtPoints.reduce(-Double.infinity) { max($0, $1.mean) }
        let search = CoordinateSearch(process, threshold: threshold, block: block)
        var generator = KeyedGenerator(seed: seed, purpose: "log EI/starts", index: number)
        let random = (0..<Self.starts.random).map { _ in space.randomPoint(&generator) }
        var best: CoordinateSearch.Optimum?
        for start in search.promising(Self.starts.known).map({ process.points[$0] }) + random {
            guard let optimum = search.climb(from: start, isAllowed: isAllowed) else { continue }
            if best.map({ optimum.gain > $0.gain }) ?? true { best = optimum }
        }
        return best?.point
    }
}
