internal import Randomness

/// The minibatches of training rows: slices of one keyed shuffle after another, the last of each filled up from its start.
struct TrainingBatches: Sendable {
    private let rowCount: Int
    private let size: Int
    private let seed: UInt64
    private var epoch: (number: Int, order: [Int])?

    init(rowCount: Int, size: Int, seed: UInt64) {
        self.rowCount = rowCount
        self.size = min(size, rowCount)
        self.seed = seed
    }

    /// How many minibatches one shuffle gives.
    var perEpoch: Int { rowCount == 0 ? 0 : (rowCount + size - 1) / size }

    /// The rows of minibatch `number`, without repetition; needs at least one training row.
    mutating func rows(of number: Int) -> [Int] {
        let (epochNumber, place) = number.quotientAndRemainder(dividingBy: perEpoch)
        if epoch?.number != epochNumber {
            var generator = KeyedGenerator(seed: seed, purpose: "gepa/epoch", index: epochNumber)
            epoch = (epochNumber, generator.shuffled(Array(0..<rowCount)))
        }
        let order = epoch?.order ?? []
        return (place * size..<(place + 1) * size).map { order[$0 % rowCount] }
    }
}
