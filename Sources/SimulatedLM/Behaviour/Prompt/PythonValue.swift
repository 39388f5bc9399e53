import JSON

/// Reads a value as Python prints it, `{'query': {'type': 'string'}}`, or as JSON writes it.
struct PythonValue {
    private var rest: Substring
    private static let depthLimit = 32

    private init(_ text: Substring) { rest = text }

    /// The value at the start of `text`; what follows it is ignored. Nil where it is none.
    static func parse(_ text: Substring) -> JSON? {
        var reader = PythonValue(text)
        return reader.value(depth: 0)
    }

    private mutating func value(depth: Int) -> JSON? {
        skipSpace()
        guard depth < Self.depthLimit, let first = rest.first else { return nil }
        switch first {
        case "{": return object(depth: depth)
        case "[", "(": return list(until: first == "[" ? "]" : ")", depth: depth)
        case "'", "\"": return string(by: first).map { .string($0) }
        default: return word()
        }
    }

    private mutating func skipSpace() { rest = rest.drop { $0.isWhitespace } }

    private mutating func take(_ character: Character) -> Bool {
        skipSpace()
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func object(depth: Int) -> JSON? {
        rest.removeFirst()
        var object = JSONObject()
        while !take("}") {
            guard case .string(let key)? = value(depth: depth + 1), take(":"), let value = value(depth: depth + 1) else {
                return nil
            }
            object[key] = value
            if !take(","), rest.first != "}" { return nil }
        }
        return .object(object)
    }

    private mutating func list(until end: Character, depth: Int) -> JSON? {
        rest.removeFirst()
        var list: [JSON] = []
        while !take(end) {
            guard let value = value(depth: depth + 1) else { return nil }
            list.append(value)
            if !take(","), rest.first != end { return nil }
        }
        return .array(list)
    }

    private mutating func string(by quote: Character) -> String? {
        rest.removeFirst()
        var text = ""
        while let character = rest.popFirst() {
            if character == quote { return text }
            if character == "\\", let escaped = rest.popFirst() {
                text.append(escaped == "n" ? "\n" : escaped == "t" ? "\t" : escaped)
            } else {
                text.append(character)
            }
        }
        return nil
    }

    private mutating func word() -> JSON? {
        let word = rest.prefix { $0.isLetter || $0.isNumber || "+-._".contains($0) }
        rest = rest.dropFirst(word.count)
        switch word {
        case "True", "true": return .bool(true)
        case "False", "false": return .bool(false)
        case "None", "null": return .null
        default: return Int(word).map { .int($0) } ?? Double(word).map { .double($0) }
        }
    }
}
