/// The values between `[[ ## name ## ]]` markers, in order.
struct Sections: Sendable {
    private(set) var names: [String] = []
    private(set) var bodies: [String] = []

    subscript(name: String) -> String? { names.firstIndex(of: name).map { bodies[$0] } }
    var isEmpty: Bool { names.isEmpty }

    mutating func append(_ name: String, _ body: String) {
        names.append(name)
        bodies.append(body)
    }

    /// Sections that are not declared become part of the declared one before them: a trajectory has headers of its own.
    func nested(under fields: [FieldDeclaration]) -> Sections {
        let declares = { (name: String) in fields.contains { $0.name == name } }
        guard !fields.isEmpty, !names.allSatisfy(declares) else { return self }
        var result = Sections()
        for (name, body) in zip(names, bodies) {
            if declares(name) || result.isEmpty {
                result.append(name, body)
            } else {
                let last = result.bodies.count - 1
                result.bodies[last] += (result.bodies[last].isEmpty ? "" : "\n\n") + "[[ ## \(name) ## ]]\n\(body)"
            }
        }
        return result
    }

    init() {}

    /// Reads the markers at the start of lines; text before the first one and the section `completed` are left out.
    init(parsing text: String) {
        var text = text
        text.withUTF8 { bytes in
            var open: (name: String, start: Int)?
            var position = 0
            while position < bytes.count {
                let lineStart = position
                while position < bytes.count, bytes[position] != 0x0A { position += 1 }
                if let marker = Self.marker(bytes, lineStart, position) {
                    if let open { close(open, at: lineStart, in: bytes) }
                    open = (marker.name, marker.end)
                }
                position += 1
            }
            if let open { close(open, at: bytes.count, in: bytes) }
        }
    }

    private mutating func close(_ open: (name: String, start: Int), at end: Int, in bytes: UnsafeBufferPointer<UInt8>) {
        guard open.name != "completed", !names.contains(open.name) else { return }
        var start = open.start
        var end = end
        while start < end, bytes[start] <= 0x20 { start += 1 }
        while end > start, bytes[end - 1] <= 0x20 { end -= 1 }
        append(open.name, String(decoding: bytes[start..<end], as: UTF8.self))
    }

    private static let opening = Array("[[ ## ".utf8)
    private static let closing = Array(" ## ]]".utf8)

    private static func marker(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> (name: String, end: Int)? {
        var cursor = start
        while cursor < end, bytes[cursor] == 0x20 { cursor += 1 }
        guard cursor + opening.count < end, bytes[cursor..<cursor + opening.count].elementsEqual(opening) else { return nil }
        cursor += opening.count
        let nameStart = cursor
        while cursor < end, bytes[cursor] != 0x20 { cursor += 1 }
        guard cursor + closing.count <= end, bytes[cursor..<cursor + closing.count].elementsEqual(closing) else { return nil }
        return (String(decoding: bytes[nameStart..<cursor], as: UTF8.self), cursor + closing.count)
    }
}
