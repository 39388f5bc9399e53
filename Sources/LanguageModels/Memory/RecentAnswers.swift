internal import JSON
internal import Programs

/// Answers by request, up to a size; the least recently used go first. A value.
///
/// Every use is noted at the end of a queue with a stamp; a note whose stamp is no longer its entry's is void. So a use
/// costs O(1), amortised, without links between the entries.
struct RecentAnswers {
    private struct Entry {
        let response: ChatResponse
        let bytes: Int
        var stamp: UInt64
    }

    let limit: Int
    /// What the entries take, about.
    private(set) var bytes = 0
    private var entries: [ChatRequest: Entry] = [:]
    private var uses: [(request: ChatRequest, stamp: UInt64)] = []
    /// Where the queue begins in `uses`.
    private var head = 0
    private var lastStamp: UInt64 = 0

    /// - Parameter limit: in bytes.
    init(limit: Int) { self.limit = limit }

    var count: Int { entries.count }

    mutating func answer(to request: ChatRequest) -> ChatResponse? {
        guard let response = entries[request]?.response else { return nil }
        note(request)
        return response
    }

    /// Keeps a response, without its usage. One that alone is above the limit is not kept.
    mutating func remember(_ response: ChatResponse, for request: ChatRequest) {
        var response = response
        response.usage = .zero
        let size = Self.bytes(of: request, response)
        guard size <= limit else { return }
        if let old = entries[request] { bytes -= old.bytes }
        entries[request] = Entry(response: response, bytes: size, stamp: 0)
        bytes += size
        note(request)
        while bytes > limit { evict() }
    }

    private mutating func note(_ request: ChatRequest) {
        lastStamp += 1
        entries[request]?.stamp = lastStamp
        uses.append((request, lastStamp))
        guard uses.count > 64 + 4 * entries.count else { return }
        uses = uses[head...].filter { entries[$0.request]?.stamp == $0.stamp }
        head = 0
    }

    private mutating func evict() {
        let (request, stamp) = uses[head]
        head += 1
        guard let entry = entries[request], entry.stamp == stamp else { return }
        entries[request] = nil
        bytes -= entry.bytes
    }

    /// The texts, and about what tables and objects around them take.
    private static func bytes(of request: ChatRequest, _ response: ChatResponse) -> Int {
        var size = 500 + response.text.utf8.count
        for message in request.messages { size += message.content.utf8.count + 32 }
        for text in request.stop + response.alternatives { size += text.utf8.count + 32 }
        if case .jsonSchema(_, let schema) = request.responseFormat { size += 4 * schema.bytes().count }
        return size
    }
}
