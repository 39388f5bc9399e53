/// Answers by key, up to a size; the least recently used go first. A value.
///
/// Every use is noted at the end of a queue with a stamp; a note whose stamp is no longer its entry's is void. So a use
/// costs O(1), amortised, without links between the entries.
struct RecentAnswers {
    private struct Entry {
        let answer: CachedAnswer
        let bytes: Int
        var stamp: UInt64
    }

    let limit: Int
    /// What the entries take, about.
    private(set) var bytes = 0
    private var entries: [CallKey: Entry] = [:]
    private var uses: [(key: CallKey, stamp: UInt64)] = []
    /// Where the queue begins in `uses`.
    private var head = 0
    private var lastStamp: UInt64 = 0

    /// - Parameter limit: in bytes.
    init(limit: Int) { self.limit = limit }

    var count: Int { entries.count }

    mutating func answer(to key: CallKey) -> CachedAnswer? {
        guard let answer = entries[key]?.answer else { return nil }
        note(key)
        return answer
    }

    /// Keeps an answer. One that alone is above the limit is not kept.
    mutating func remember(_ answer: CachedAnswer, for key: CallKey) {
        let size = answer.bytes
        guard size <= limit else { return }
        if let old = entries[key] { bytes -= old.bytes }
        entries[key] = Entry(answer: answer, bytes: size, stamp: 0)
        bytes += size
        note(key)
        while bytes > limit { evict() }
    }

    private mutating func note(_ key: CallKey) {
        lastStamp += 1
        entries[key]?.stamp = lastStamp
        uses.append((key, lastStamp))
        guard uses.count > 64 + 4 * entries.count else { return }
        uses = uses[head...].filter { entries[$0.key]?.stamp == $0.stamp }
        head = 0
    }

    private mutating func evict() {
        let (key, stamp) = uses[head]
        head += 1
        guard let entry = entries[key], entry.stamp == stamp else { return }
        entries[key] = nil
        bytes -= entry.bytes
    }
}
