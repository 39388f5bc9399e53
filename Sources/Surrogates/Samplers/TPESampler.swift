internal import Randomness

/// ``TPE`` over the means of points: one observation per point, however many values its mean has.
///
/// A table knows no order of arrival, so all observations weigh the same; DSPy's schedule, which has an order, uses ``TPE``
/// itself.
package struct TPESampler: Sampler {
    private let tpe: TPE
    private let seed: UInt64
    /// The observations of the last table.
    private var observed: (fingerprint: Fingerprint, history: [TPE.Observation])?

    package init(space: SearchSpace, seed: UInt64) {
        tpe = TPE(space: space, weighing: .equally)
        self.seed = seed
    }

    package mutating func propose(
        _ table: ExampleTable, pending: [SearchSpace.Point], isOpen: (SearchSpace.Point) -> Bool, number: Int, spent: Double
    ) -> Suggestion? {
        let history = history(table)
        observed = (table.fingerprint, history)
        var generator = KeyedGenerator(seed: seed, purpose: "tpe", index: number)
        // Pending points join the bad ones; their order must not matter either.
        let pending = pending.sorted { $0.lexicographicallyPrecedes($1) }
        if history.count >= tpe.startup,
            let point = tpe.propose(history: history, pending: pending, generator: &generator, where: isOpen)
        {
            return Suggestion(point: point, reason: "tpe")
        }
        return RandomSampler(space: table.space, seed: seed).explore(number, history.count + pending.count + number, isOpen)
    }

    package func beliefs(_ table: ExampleTable) -> [Belief]? { nil }

    private func history(_ table: ExampleTable) -> [TPE.Observation] {
        if let observed, observed.fingerprint == table.fingerprint { return observed.history }
        return table.points.compactMap { point in table.mean(at: point).map { TPE.Observation(point: point, value: $0) } }
    }
}
