extension JSON {
    /// How a value is written.
    public struct Format: Sendable {
        var itemSeparator: String
        var keySeparator: String
        /// Spaces per level; nil writes one line.
        var indent: Int?
        var sortedKeys: Bool

        /// No spaces: `{"a":1}`.
        public static let compact = Format(itemSeparator: ",", keySeparator: ":", indent: nil, sortedKeys: false)
        /// No spaces and keys sorted by Unicode scalars: the form that is hashed.
        public static let canonical = Format(itemSeparator: ",", keySeparator: ":", indent: nil, sortedKeys: true)
        /// As Python's `json.dumps(ensure_ascii=False)`: `{"a": 1, "b": [1, 2]}`.
        public static let python = Format(itemSeparator: ", ", keySeparator: ": ", indent: nil, sortedKeys: false)
        /// Two spaces per level, as `json.dumps(indent=2, ensure_ascii=False)`.
        public static let pretty = Format(itemSeparator: ",", keySeparator: ": ", indent: 2, sortedKeys: false)
    }

    /// The value as JSON text. Infinities and NaN, which JSON lacks, are written as `null`.
    public func serialized(_ format: Format = .compact) -> String {
        var writer = JSONWriter(format: format)
        writer.write(self, depth: 0)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// The UTF-8 bytes of ``serialized(_:)``.
    public func bytes(_ format: Format = .compact) -> [UInt8] {
        var writer = JSONWriter(format: format)
        writer.write(self, depth: 0)
        return writer.bytes
    }
}

struct JSONWriter {
    let format: JSON.Format
    var bytes: [UInt8] = []

    init(format: JSON.Format) { self.format = format }

    mutating func write(_ value: JSON, depth: Int) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .int(let value): append(String(value))
        case .double(let value): append(value.isFinite ? Self.text(of: value) : "null")
        case .string(let value): write(value)
        case .array(let elements): write(array: elements, depth: depth)
        case .object(let object): write(object: object, depth: depth)
        }
    }

    /// The shortest text that reads back as the same number, spelled as Python spells it (`1e-05`, `3.0`).
    static func text(of value: Double) -> String {
        let text = value.description
        guard let exponent = text.firstIndex(of: "e") else { return text }
        let mantissa = text[..<exponent]
        let power = Int(text[text.index(after: exponent)...]) ?? 0
        // Swift writes 1e+16 as "1e+16"; Python switches to exponents at 1e16 and below 1e-4, as Swift does.
        let digits = mantissa.hasSuffix(".0") ? mantissa.dropLast(2) : mantissa
        return digits + (power < 0 ? "e-" : "e+") + (abs(power) < 10 ? "0" : "") + String(abs(power))
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func newline(_ depth: Int) {
        guard let indent = format.indent else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent * depth))
    }

    private mutating func write(array: [JSON], depth: Int) {
        bytes.append(UInt8(ascii: "["))
        for (position, element) in array.enumerated() {
            if position > 0 { append(format.itemSeparator) }
            newline(depth + 1)
            write(element, depth: depth + 1)
        }
        if !array.isEmpty { newline(depth) }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func write(object: JSONObject, depth: Int) {
        bytes.append(UInt8(ascii: "{"))
        let (keys, values) = (object.keys, object.values)
        var order = Array(keys.indices)
        if format.sortedKeys { order.sort { keys[$0].unicodeScalars.lexicographicallyPrecedes(keys[$1].unicodeScalars) } }
        for (position, member) in order.enumerated() {
            if position > 0 { append(format.itemSeparator) }
            newline(depth + 1)
            write(keys[member])
            append(format.keySeparator)
            write(values[member], depth: depth + 1)
        }
        if !keys.isEmpty { newline(depth) }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func write(_ text: String) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { utf8 in
            // What needs no escape goes in whole runs.
            var start = 0
            for position in utf8.indices where Self.isEscaped(utf8[position]) {
                bytes.append(contentsOf: utf8[start..<position])
                escape(utf8[position])
                start = position + 1
            }
            bytes.append(contentsOf: utf8[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x0A: append("\\n")
        case 0x0D: append("\\r")
        case 0x09: append("\\t")
        case 0x08: append("\\b")
        case 0x0C: append("\\f")
        default:
            let hex = String(byte, radix: 16)
            append("\\u" + String(repeating: "0", count: 4 - hex.count) + hex)
        }
    }
}
