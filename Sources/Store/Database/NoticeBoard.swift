/// Who waits for which notification channel.
struct NoticeBoard {
    private var counts: [String: Int] = [:]
    private var waiters: [Int: (channel: String, continuation: CheckedContinuation<Void, Never>)] = [:]
    private var lastID = 0

    func count(_ channel: String) -> Int { counts[channel, default: 0] }

    mutating func nextID() -> Int {
        lastID += 1
        return lastID
    }

    mutating func add(_ id: Int, on channel: String, _ continuation: CheckedContinuation<Void, Never>) {
        waiters[id] = (channel, continuation)
    }

    mutating func remove(_ id: Int) -> CheckedContinuation<Void, Never>? {
        waiters.removeValue(forKey: id)?.continuation
    }

    /// Counts a notice and answers those who waited for it.
    mutating func post(_ channel: String) -> [CheckedContinuation<Void, Never>] {
        counts[channel, default: 0] += 1
        let awakened = waiters.filter { $0.value.channel == channel }
        for id in awakened.keys { waiters[id] = nil }
        return awakened.values.map(\.continuation)
    }
}
