/// A token bucket that holds one second's worth of requests. A value: the caller brings the time.
struct RequestRate: Sendable {
    private var tokens: Double?
    private var filledAt = 0.0

    /// Whether a request at `now` (seconds) keeps within `limit` requests a second; nil never refuses.
    mutating func admits(at now: Double, limit: Double?) -> Bool {
        guard let limit else { return true }
        let capacity = max(1, limit)
        var level = min(capacity, (tokens ?? capacity) + max(0, now - filledAt) * limit)
        filledAt = now
        let admitted = level >= 1
        if admitted { level -= 1 }
        tokens = level
        return admitted
    }
}
