/// A passage's place among others: the higher score first, of equal scores the lower number.
struct Rank: Sendable, Hashable {
    var number: Int32
    var score: Double

    func isBetter(than other: Rank) -> Bool {
        score == other.score ? number < other.number : score > other.score
    }
}

/// The best ranks of many, in a binary heap with the worst of them at its root.
struct TopRanks {
    private let limit: Int
    private var heap: [Rank] = []

    /// - Parameter limit: how many are kept.
    init(limit: Int) {
        self.limit = max(0, limit)
        heap.reserveCapacity(min(self.limit, 1024))
    }

    mutating func offer(_ rank: Rank) {
        if heap.count < limit {
            heap.append(rank)
            rise(from: heap.count - 1)
        } else if let worst = heap.first, rank.isBetter(than: worst) {
            heap[0] = rank
            sink()
        }
    }

    /// The score that a later offer must exceed; nil while there is room.
    var worstScore: Double? { heap.count < limit ? nil : heap.first?.score }

    /// Best first.
    var sorted: [Rank] { heap.sorted { $0.isBetter(than: $1) } }

    private mutating func rise(from start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[parent].isBetter(than: heap[child]) else { return }
            heap.swapAt(parent, child)
            child = parent
        }
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var worst = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[worst].isBetter(than: heap[child]) {
                worst = child
            }
            guard worst != parent else { return }
            heap.swapAt(parent, worst)
            parent = worst
        }
    }
}
