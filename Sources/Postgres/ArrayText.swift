/// PostgreSQL's text form of one-dimensional arrays: `{1,NULL,"a \"b\""}`.
enum ArrayText {
    static func encode(_ values: [String?]) -> String {
        var text: [UInt8] = [UInt8(ascii: "{")]
        for (position, value) in values.enumerated() {
            if position > 0 { text.append(UInt8(ascii: ",")) }
            guard let value else {
                text.append(contentsOf: "NULL".utf8)
                continue
            }
            text.append(UInt8(ascii: "\""))
            for byte in value.utf8 {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { text.append(UInt8(ascii: "\\")) }
                text.append(byte)
            }
            text.append(UInt8(ascii: "\""))
        }
        text.append(UInt8(ascii: "}"))
        return String(decoding: text, as: UTF8.self)
    }

    /// The elements, or nil when `text` is not a one-dimensional array.
    static func decode(_ text: some Collection<UInt8>) -> [String?]? {
        var scanner = Scanner(bytes: Array(text))
        return scanner.array()
    }

    private struct Scanner {
        let bytes: [UInt8]
        var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func array() -> [String?]? {
            guard take("{") else { return nil }
            if take("}") { return position == bytes.count ? [] : nil }
            var elements: [String?] = []
            while true {
                if take("\"") {
                    guard let element = quoted() else { return nil }
                    elements.append(element)
                } else {
                    guard let element = bare() else { return nil }
                    elements.append(element == "NULL" ? nil : element)
                }
                if take("}") { return position == bytes.count ? elements : nil }
                guard take(",") else { return nil }
            }
        }

        private mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }

        private mutating func quoted() -> String? {
            var element: [UInt8] = []
            while position < bytes.count {
                let byte = bytes[position]
                position += 1
                if byte == UInt8(ascii: "\"") { return String(decoding: element, as: UTF8.self) }
                if byte == UInt8(ascii: "\\") {
                    guard position < bytes.count else { return nil }
                    element.append(bytes[position])
                    position += 1
                } else {
                    element.append(byte)
                }
            }
            return nil
        }

        private mutating func bare() -> String? {
            let start = position
            while position < bytes.count, !",{}\"".utf8.contains(bytes[position]) { position += 1 }
            return start == position ? nil : String(decoding: bytes[start..<position], as: UTF8.self)
        }
    }
}
