/// What every choice of every dimension would add to the sum of weights at the current point, the others staying as they are.
/// A move costs O(choices); so does looking for the best one.
struct ChoiceGains {
    struct Move: Hashable {
        /// An active dimension.
        var dimension: Int
        var choice: Int
    }

    private let weights: ChoiceWeights
    private var current: [Int]
    /// By choice, at the layout's places.
    private var sums: [Double]

    /// - Parameter choices: those of the active dimensions.
    init(_ weights: ChoiceWeights, at choices: [Int]) {
        self.weights = weights
        current = choices
        sums = weights.main
        for dimension in choices.indices { addPairs(of: dimension, choices[dimension], times: 1) }
    }

    /// The best single change; the first of equals in the order of dimensions and choices. nil where none raises the sum by more
    /// than rounding can.
    func best() -> Move? {
        var (best, greatest) = (Move?.none, 1e-12)
        for (dimension, choice) in current.enumerated() {
            let start = weights.layout.mainStarts[dimension]
            let base = sums[start + choice]
            for other in 0..<weights.layout.choices[dimension] where sums[start + other] - base > greatest {
                greatest = sums[start + other] - base
                best = Move(dimension: dimension, choice: other)
            }
        }
        return best
    }

    mutating func make(_ move: Move) {
        addPairs(of: move.dimension, current[move.dimension], times: -1)
        addPairs(of: move.dimension, move.choice, times: 1)
        current[move.dimension] = move.choice
    }

    /// Adds to every other dimension's choices their weights together with `choice` of `dimension`.
    private mutating func addPairs(of dimension: Int, _ choice: Int, times factor: Double) {
        let layout = weights.layout
        for other in 0..<layout.dimensions where other != dimension {
            let (first, second) = (min(dimension, other), max(dimension, other))
            let start = layout.pairStarts[first * layout.dimensions + second]
            let (offset, stride) = dimension == first ? (choice * layout.choices[second], 1) : (choice, layout.choices[second])
            for place in 0..<layout.choices[other] {
                sums[layout.mainStarts[other] + place] += factor * weights.pairs[start + offset + place * stride]
            }
        }
    }
}
