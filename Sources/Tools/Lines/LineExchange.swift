internal import JSON
internal import Programs

/// The protocol of a ``LineProcess``, apart from its pipes: requests and replies, each a JSON object on a line, matched by `id`.
struct LineExchange {
    /// What follows from what the program wrote.
    enum Event: Hashable {
        case reply(id: Int, JSON)
        /// An error that the program reports for a request.
        case refusal(id: Int, String)
        /// It does not keep to the protocol: nothing that it writes can be relied on. What it did, as `wrote …`.
        case violation(String)
    }

    /// The requests without a reply, as the lines that were sent, by id.
    private(set) var pending: [Int: [UInt8]] = [:]
    private var lastID = 0
    /// The beginning of a line whose end is not here yet.
    private var rest: [UInt8] = []
    private static let longestLine = 16 << 20

    /// The id and the line of a new request.
    mutating func request(_ body: JSON) -> (id: Int, line: [UInt8]) {
        lastID += 1
        let line = JSON.object(JSONObject([("id", .int(lastID))]).merging(body.objectValue ?? [:])).bytes() + [UInt8(ascii: "\n")]
        pending[lastID] = line
        return (lastID, line)
    }

    /// Nobody waits for this reply any more; should it come, it is passed over.
    mutating func forget(_ id: Int) { pending[id] = nil }

    /// The program was started anew: what is pending must be sent again.
    /// - Returns: the lines, in the order in which they were sent first.
    mutating func restart() -> [UInt8] {
        rest = []
        return pending.keys.sorted().flatMap { pending[$0] ?? [] }
    }

    mutating func received(_ bytes: [UInt8]) -> [Event] {
        let end = UInt8(ascii: "\n")
        let hasEnd = bytes.contains(end)
        rest += bytes
        if rest.count > Self.longestLine, !hasEnd { return [.violation("wrote a line of more than 16 MB")] }
        guard hasEnd else { return [] }
        var events: [Event] = []
        let lines = rest.split(separator: end, omittingEmptySubsequences: false)
        for line in lines.dropLast() where line.contains(where: { $0 > 0x20 }) {
            if let event = event(Array(line)) { events.append(event) }
        }
        rest = lines.last.map(Array.init) ?? []
        return events
    }

    private mutating func event(_ line: [UInt8]) -> Event? {
        guard let reply = try? JSON(parsing: line), var object = reply.objectValue, let id = object["id"]?.intValue,
            (1...max(1, lastID)).contains(id)
        else {
            let text = String(decoding: line.prefix(200), as: UTF8.self)
            return .violation("wrote a line that is no reply: \(text) (notes belong on standard error)")
        }
        guard pending.removeValue(forKey: id) != nil else { return nil }
        object["id"] = nil
        if let error = object["error"], !error.isNull { return .refusal(id: id, error.stringValue ?? error.serialized()) }
        return .reply(id: id, .object(object))
    }
}
