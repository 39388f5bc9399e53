internal import Randomness

/// The default search: a Latin design, then draws from the two-way process, cooled as the budget is spent, each followed from its
/// best point with data by a few single changes (surrogate.md, 4.3: "cooled pathwise Thompson climb").
///
/// Where no change is made the leader itself grows: that is racing. Where there are many, the model is trusted for a leap.
package struct Racing: Sampler {
    private let space: SearchSpace
    let seed: UInt64
    private let design: [SearchSpace.Point]
    /// The model of the last table.
    private var fitted: (fingerprint: Fingerprint, model: TwoWayModel)?

    /// - Parameters:
    ///   - designSize: how many proposals are made without results.
    ///   - first: points to begin with.
    ///   - known: points that are evaluated anyway.
    package init(
        space: SearchSpace, seed: UInt64, designSize: Int, first: [SearchSpace.Point] = [], known: [SearchSpace.Point] = []
    ) {
        self.space = space
        self.seed = seed
        design = LatinDesign(space, size: designSize, seed: seed, first: first, excluded: known).points
    }

    package mutating func propose(
        _ table: ExampleTable, pending: [SearchSpace.Point], isOpen: (SearchSpace.Point) -> Bool, number: Int, spent: Double
    ) -> Suggestion? {
        if number < design.count, isOpen(design[number]) {
            return Suggestion(point: design[number], reason: "initial design")
        }
        guard table.observations > 0 else { return explore(isOpen, number) }
        let beta = 0.8 - 0.7 * min(max(spent, 0), 1)
        let surface = draw(table, number, seed: seed).cooled(beta)
        var generator = KeyedGenerator(seed: seed, purpose: "racing/steps", index: number)
        switch generator.below(4) {
        case 0: break
        case 1: if let suggestion = climb(surface, steps: 2, isOpen) { return suggestion }
        case 2: if let suggestion = climb(surface, steps: 4, isOpen) { return suggestion }
        default: if let suggestion = climb(surface, steps: nil, isOpen) { return suggestion }
        }
        if let leader = surface.leaders.first(where: isOpen) {
            return Suggestion(point: leader, reason: "thompson: leader again")
        }
        return explore(isOpen, number)
    }

    package var modelsExamples: Bool { true }

    package func beliefs(_ table: ExampleTable) -> [Belief]? {
        guard table.observations > 0 else { return [] }
        let model = fitted.flatMap { $0.fingerprint == table.fingerprint ? $0.model : nil } ?? TwoWayModel.fit(table)
        return model.beliefs(table.points)
    }

    mutating func draw(_ table: ExampleTable, _ number: Int, seed: UInt64) -> SampledSurface {
        var model = fitted.flatMap { $0.fingerprint == table.fingerprint ? $0.model : nil } ?? TwoWayModel.fit(table)
        // The model keeps the factors of the kernels that it draws.
        fitted = nil
        let surface = model.drawing(seed: seed, number: number)
        fitted = (table.fingerprint, model)
        return surface
    }

    private func climb(_ surface: SampledSurface, steps: Int?, _ isOpen: (SearchSpace.Point) -> Bool) -> Suggestion? {
        guard let leader = surface.leaders.first else { return nil }
        let point = surface.climb(from: leader, steps: steps)
        guard isOpen(point) else { return nil }
        if point == leader { return Suggestion(point: point, reason: "thompson: leader again") }
        return Suggestion(
            point: point, reason: steps.map { "thompson: up to \($0) steps from the leader" } ?? "thompson: free climb")
    }

    /// Any open point: a random one, or the next after it.
    private func explore(_ isOpen: (SearchSpace.Point) -> Bool, _ number: Int) -> Suggestion? {
        var generator = KeyedGenerator(seed: seed, purpose: "racing/explore", index: number)
        var point = space.dimensions.map { generator.below($0.choices) }
        // Points that are not open were proposed: there are fewer of them than there have been proposals.
        for _ in 0..<min(space.size, number + design.count + 2) {
            if isOpen(point) { return Suggestion(point: point, reason: "random") }
            point = space.successor(of: point)
        }
        return nil
    }
}
