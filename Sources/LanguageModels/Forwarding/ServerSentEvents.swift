/// Reads server-sent events from bytes that come in any pieces. A value. Of an event only its data is kept (WHATWG HTML, 9.2).
struct ServerSentEvents: Sendable {
    private var line: [UInt8] = []
    private var data: [UInt8]?

    /// The data of the events that these bytes complete.
    mutating func add(_ bytes: some Sequence<UInt8>) -> [String] {
        var events: [String] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                continue
            }
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            if line.isEmpty { events += end() } else { take(line) }
            line.removeAll(keepingCapacity: true)
        }
        return events
    }

    /// The data of an event that the end of the stream completes.
    mutating func end() -> [String] {
        if !line.isEmpty { take(line) }
        line = []
        defer { data = nil }
        return data.map { [String(decoding: $0, as: UTF8.self)] } ?? []
    }

    private mutating func take(_ line: [UInt8]) {
        let field = Array("data:".utf8)
        guard line.starts(with: field) else { return }
        var value = line.dropFirst(field.count)
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        if data == nil { data = Array(value) } else { data? += [UInt8(ascii: "\n")] + value }
    }
}
