/// A bucket of what may be used per second. It fills steadily and holds a little, so that calls are spread. A value.
struct Allowance: Sendable, Hashable {
    /// How many seconds' worth it holds.
    private let depth: Double
    private var level: Double?
    private var filledAt = 0.0

    init(depth: Double) { self.depth = depth }

    /// Fills up to now. The bucket begins full.
    mutating func fill(rate: Double, at now: Double) {
        let capacity = max(1, rate * depth)
        level = min(capacity, (level ?? capacity) + max(0, now - filledAt) * rate)
        filledAt = now
    }

    /// Seconds until something may be taken, at the rate that it was filled with last. A debt is paid first: what is taken
    /// may be more than is there, so that a call larger than the bucket is made at all.
    func wait(rate: Double) -> Double {
        let missing = 1 - (level ?? 1)
        if missing <= 0 { return 0 }
        return rate > 0 ? missing / rate : .infinity
    }

    mutating func take(_ amount: Double) { level = (level ?? 1) - amount }

    /// An estimate was wrong by so much.
    mutating func correct(_ amount: Double) { if let level { self.level = level - amount } }

    /// Nothing is there, and nothing is owed.
    mutating func empty(at now: Double) { (level, filledAt) = (0, now) }
}
