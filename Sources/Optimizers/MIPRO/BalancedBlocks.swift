internal import Randomness

/// Chooses the examples of minibatches: slices of one keyed shuffle after another, so that all examples are used equally often
/// and candidates share them. An example that a candidate has already is left for the next one.
struct BalancedBlocks: Sendable {
    private let rows: [Int]
    private let seed: UInt64
    /// How often each row was handed out.
    private var uses: [Int: Int]
    /// Place of each row in the shuffle of its use: row by row, one table per use.
    private var places: [[Int: Int]] = []

    init(rows: [Int], seed: UInt64) {
        self.rows = rows
        self.seed = seed
        uses = Dictionary(uniqueKeysWithValues: rows.map { ($0, 0) })
    }

    /// Up to `count` of `allowed`: the least used first, equals in the order of that use's shuffle.
    mutating func next(_ count: Int, of allowed: [Int]) -> [Int] {
        let highest = allowed.reduce(0) { max($0, uses[$1, default: 0]) }
        while places.count <= highest {
            var generator = KeyedGenerator(seed: seed, purpose: "search/block", index: places.count)
            let order = generator.shuffled(rows)
            places.append(Dictionary(uniqueKeysWithValues: zip(order, order.indices)))
        }
        let ranked = allowed.map { row -> (row: Int, use: Int, place: Int) in
            let use = uses[row, default: 0]
            return (row, use, places[use][row] ?? 0)
        }.sorted { ($0.use, $0.place) < ($1.use, $1.place) }
        let block = ranked.prefix(count).map(\.row)
        for row in block { uses[row, default: 0] += 1 }
        return block
    }
}
