internal import Randomness

/// Chooses the examples of a search that weighs single examples: few at first, each for many candidates, and more as it goes on.
///
/// With n results of an example known, its difficulty is known to the variance s_e²/(n + s_e²/s_g²), and a further result tells of
/// its candidate with that added to the noise s_e² (surrogate.md 4.1). So a second look at a known example says more than a
/// first look at another one; and where candidates share predictors, what those answered on it is in the cache.
///
/// Before that: a row on which all candidates do alike tells none of them apart and costs what others cost. So rows go by classes of
/// the variance that their results let expect: about evenly divided, unknown, two or three alike, more alike. The model eliminates
/// that some rows are harder; a search whose model sees only means takes in no results, or its means would be of rows chosen to
/// be hard.
struct SharedBlocks: Sendable {
    /// Among rows of a class: how many candidates an example is used for, about, before another one joins. On simulated surfaces
    /// 12 did better than 4.
    static let depth = 12
    /// The width of a class of expected variances, which reach to a quarter.
    private static let classWidth = 0.04

    /// Place of each row in the order in which they join.
    private let places: [Int: Int]
    /// How often each row was handed out.
    private var uses: [Int: Int] = [:]
    private var handedOut = 0
    private var outcomes = RowOutcomes()

    init(rows: [Int], seed: UInt64) {
        var generator = KeyedGenerator(seed: seed, purpose: "search/block")
        let order = generator.shuffled(rows)
        places = Dictionary(uniqueKeysWithValues: zip(order, order.indices))
    }

    /// Takes in a result of a candidate on a row.
    mutating func take(_ score: Double, of row: Int) { outcomes.take(score, of: row) }

    mutating func forgetResults() { outcomes = RowOutcomes() }

    /// Up to `count` of `allowed`: of the class that tells most those that have joined, the ones that cost least first, of equals
    /// the least used; then the next to join; then the next class.
    /// - Parameter answered: how many of a candidate's predictors have been asked about a row by others like it; they need not
    ///   be asked again.
    mutating func next(_ count: Int, of allowed: [Int], answered: [Int: Int] = [:]) -> [Int] {
        let joined = max(4 * count, count + (handedOut + count) / Self.depth)
        let ranked = allowed.map { row -> (row: Int, alike: Int, wait: Int, cost: Int, use: Int, place: Int) in
            let place = places[row] ?? 0
            let alike = -Int(outcomes.expectedVariance(of: row) / Self.classWidth)
            return (row, alike, max(0, place - joined + 1), -answered[row, default: 0], uses[row, default: 0], place)
        }.sorted { ($0.alike, $0.wait, $0.cost, $0.use, $0.place) < ($1.alike, $1.wait, $1.cost, $1.use, $1.place) }
        let block = ranked.prefix(count).map(\.row)
        for row in block { uses[row, default: 0] += 1 }
        handedOut += block.count
        return block
    }
}
