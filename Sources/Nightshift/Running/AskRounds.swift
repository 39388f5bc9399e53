internal import Randomness
internal import Surrogates

/// A search at some point of its way: proposals are made, then the results of all of them come in.
struct AskRounds {
    enum Kind: String, CaseIterable { case racing, gp, tpe }

    /// Proposals per round.
    static let batch = 8
    /// Examples per proposal.
    static let block = 12

    private let space: SearchSpace
    private let examples: Int
    private var sampler: any Sampler
    private var table: ExampleTable
    private var proposals: Int
    /// By dimension and choice.
    private let effects: [[Double]]

    init(_ kind: Kind, space: SearchSpace, history: Int, examples: Int) {
        self.space = space
        self.examples = examples
        sampler =
            switch kind {
            case .racing: Racing(space: space, seed: 1, designSize: 0)
            case .gp: GPLogEI(space: space, seed: 1, designSize: 0, block: Self.block)
            case .tpe: TPESampler(space: space, seed: 1)
            }
        table = ExampleTable(space: space, examples: examples)
        proposals = history
        var generator = KeyedGenerator(seed: 1, purpose: "bench ask/effects")
        effects = space.dimensions.map { dimension in
            // Uniform numbers with a deviation of 0.05.
            (0..<dimension.choices).map { _ in (generator.uniform() - 0.5) * 0.05 * 12.0.squareRoot() }
        }
        var number = 0
        while table.points.count < history {
            var generator = KeyedGenerator(seed: 1, purpose: "bench ask/point", index: number)
            record(space.dimensions.map { generator.below($0.choices) }, number)
            number += 1
        }
    }

    static func space(dims: Int, choices: Int) -> SearchSpace {
        SearchSpace((0..<dims).map { .init(name: "d\($0)", choices: choices) })
    }

    /// Seconds of one proposal after another; the results of all of them are known to the next round.
    mutating func round() -> [Double] {
        let clock = ContinuousClock()
        var (seconds, pending) = ([Double](), [SearchSpace.Point]())
        for _ in 0..<Self.batch {
            let start = clock.now
            let suggestion = sampler.propose(table, pending: pending, isOpen: { _ in true }, number: proposals, spent: 0.5)
            seconds.append((clock.now - start) / .seconds(1))
            proposals += 1
            if let suggestion { pending.append(suggestion.point) }
        }
        for (place, point) in pending.enumerated() { record(point, proposals + place) }
        return seconds
    }

    /// A block of zeros and ones of a point.
    private mutating func record(_ point: SearchSpace.Point, _ number: Int) {
        let chance = zip(point, effects).reduce(0.5) { $0 + $1.1[$1.0] }
        var generator = KeyedGenerator(seed: 1, purpose: "bench ask/values", index: number)
        for place in 0..<Self.block {
            let example = (number * Self.block + place) % examples
            table.record(generator.uniform() < chance ? 1 : 0, of: example, at: point)
        }
    }
}
