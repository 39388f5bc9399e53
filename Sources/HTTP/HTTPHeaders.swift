/// The header fields of an answer, kept as they came: most answers are read without looking at them.
package struct HTTPHeaders: Sendable {
    /// Lines of the last header block, each with its line end.
    private var block: [UInt8] = []

    package init() {}

    package init(_ fields: [(String, String)]) {
        for (name, value) in fields { append(line: Array("\(name): \(value)\r\n".utf8)) }
    }

    /// A status line begins a new block: what an interim answer (1xx) or a proxy said before does not count.
    mutating func append(line: some Sequence<UInt8>) {
        if line.starts(with: "HTTP/".utf8) {
            block.removeAll(keepingCapacity: true)
        } else {
            block.append(contentsOf: line)
        }
    }

    /// All fields in order, names as sent, values without surrounding blanks.
    package var fields: [(name: String, value: String)] { fields { _ in true } }

    /// The fields whose name has `part` in it, in any case.
    package func fields(naming part: String) -> [(name: String, value: String)] {
        let part = part.lowercased().utf8
        return fields { name in
            name.count >= part.count
                && (name.startIndex...(name.endIndex - part.count)).contains { start in
                    zip(name[start...], part).allSatisfy { Self.lowercased($0) == $1 }
                }
        }
    }

    /// The first field of that name, in any case.
    package subscript(name: String) -> String? {
        let name = name.lowercased().utf8
        return fields { $0.count == name.count && zip($0, name).allSatisfy { Self.lowercased($0) == $1 } }.first?.value
    }

    /// Only the lines that are wanted become text: most of them nobody reads.
    private func fields(_ isWanted: (ArraySlice<UInt8>) -> Bool) -> [(name: String, value: String)] {
        block.split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), isWanted(line[..<colon]) else { return nil }
            return (Self.text(line[..<colon]), Self.text(line[(colon + 1)...]))
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D }
        let start = bytes.drop(while: isBlank)
        let end = start.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? start.startIndex
        return String(decoding: start[..<end], as: UTF8.self)
    }
}
