internal import JSON

/// Reads the lists and objects that models write: in prose or a code fence, with single or no quotes, comments, Python's
/// words, and commas or closing brackets too few or too many.
struct TolerantJSON {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private static let depthLimit = 200

    private init(_ text: String) { scalars = Array(text.unicodeScalars) }

    /// The list or object in `text`; nil without one. Of several with the same keys the last, else a list of all.
    static func firstValue(in text: String) -> JSON? {
        var reader = TolerantJSON(text)
        var values: [JSON] = []
        while let value = reader.nextContainer() {
            if let last = values.last, isRevision(value, of: last) { values.removeLast() }
            values.append(value)
        }
        return values.count > 1 ? .array(values) : values.first
    }

    /// A model that corrects itself writes the same thing again.
    private static func isRevision(_ value: JSON, of earlier: JSON) -> Bool {
        switch (value, earlier) {
        case (.array, .array): true
        case (.object(let new), .object(let old)): new.keys == old.keys
        default: false
        }
    }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func nextContainer() -> JSON? {
        while let scalar = next, scalar != "{", scalar != "[", scalar != "(" { position += 1 }
        guard next != nil else { return nil }
        return container(depth: 0)
    }

    private mutating func container(depth: Int) -> JSON {
        guard let open = next else { return .null }
        position += 1
        return open == "{" ? object(depth: depth) : list(closing: open == "[" ? "]" : ")", depth: depth)
    }

    private mutating func skipSpaceAndComments() {
        while let scalar = next {
            if scalar.isPythonSpace {
                position += 1
            } else if scalar == "#" || (scalar == "/" && peek(1) == "/") {
                while let scalar = next, scalar != "\n" { position += 1 }
            } else if scalar == "/", peek(1) == "*" {
                position += 2
                while next != nil, !(next == "*" && peek(1) == "/") { position += 1 }
                position = min(position + 2, scalars.count)
            } else {
                return
            }
        }
    }

    private func peek(_ offset: Int) -> Unicode.Scalar? {
        position + offset < scalars.count ? scalars[position + offset] : nil
    }

    private mutating func list(closing: Unicode.Scalar, depth: Int) -> JSON {
        var items: [JSON] = []
        while true {
            skipSpaceAndComments()
            guard let scalar = next else { return .array(items) }
            if scalar == closing {
                position += 1
                return .array(items)
            }
            if scalar == "," {
                position += 1
            } else if scalar == "}" || scalar == "]" || scalar == ")" {
                // Somebody else's bracket: this list was not closed.
                return .array(items)
            } else {
                items.append(value(until: [",", closing], depth: depth))
            }
        }
    }

    private mutating func object(depth: Int) -> JSON {
        var members = JSONObject()
        while true {
            skipSpaceAndComments()
            guard let scalar = next else { return .object(members) }
            switch scalar {
            case "}":
                position += 1
                return .object(members)
            case ",": position += 1
            case "]", ")": return .object(members)
            default:
                let key = key()
                skipSpaceAndComments()
                if next == ":" { position += 1 }
                skipSpaceAndComments()
                members[key] = next == nil || next == "}" || next == "," ? "" : value(until: [",", "}"], depth: depth)
            }
        }
    }

    private mutating func key() -> String {
        if let quote = next, let closing = Self.closingQuote[quote] { return quoted(closing, ends: [":"]) }
        return word(until: [":", ",", "}"])
    }

    private static let closingQuote: [Unicode.Scalar: Unicode.Scalar] = ["\"": "\"", "'": "'", "“": "”", "‘": "’"]

    private mutating func value(until ends: Set<Unicode.Scalar>, depth: Int) -> JSON {
        guard let scalar = next else { return .null }
        if scalar == "{" || scalar == "[" || scalar == "(" {
            guard depth < Self.depthLimit else {
                position = scalars.count
                return .null
            }
            return container(depth: depth + 1)
        }
        if let closing = Self.closingQuote[scalar] { return .string(quoted(closing, ends: ends)) }
        let word = word(until: ends)
        switch word.lowercased() {
        case "true": return true
        case "false": return false
        case "null", "none": return .null
        default: return PythonLiteral.number(word) ?? .string(word)
        }
    }

    private mutating func word(until ends: Set<Unicode.Scalar>) -> String {
        let start = position
        while let scalar = next, !ends.contains(scalar), !"\n]}".unicodeScalars.contains(scalar) { position += 1 }
        // A word must not be empty, or the caller would not get on.
        if position == start { position += 1 }
        return scalars[start..<position].text.pythonStripped
    }

    /// A text up to the quote that ends it: one that an end mark follows. Other quotes belong to the text.
    private mutating func quoted(_ closing: Unicode.Scalar, ends: Set<Unicode.Scalar>) -> String {
        position += 1
        let start = position
        var text = String.UnicodeScalarView()
        while let scalar = next {
            position += 1
            if scalar == closing, isEnd(after: position, ends) { return String(text) }
            text.append(scalar == "\\" ? escape() : scalar)
        }
        // Never closed properly: the first quote ends it after all.
        guard let first = scalars[start...].firstIndex(of: closing) else { return String(text).pythonStripped }
        position = first + 1
        return scalars[start..<first].text
    }

    private func isEnd(after index: Int, _ ends: Set<Unicode.Scalar>) -> Bool {
        guard let following = scalars[index...].first(where: { !$0.isPythonSpace }) else { return true }
        // A quote follows where a comma was forgotten; a closing bracket where this one's was.
        return ends.contains(following) || "}])\"".unicodeScalars.contains(following)
    }

    private mutating func escape() -> Unicode.Scalar {
        guard let scalar = next else { return "\\" }
        position += 1
        switch scalar {
        case "n": return "\n"
        case "t": return "\t"
        case "r": return "\r"
        case "b": return "\u{8}"
        case "f": return "\u{C}"
        case "u":
            let digits = scalars[position...].prefix(4).text
            guard digits.utf8.count == 4, let value = UInt32(digits, radix: 16) else { return "u" }
            position += 4
            return surrogatePair(value) ?? Unicode.Scalar(value) ?? "\u{FFFD}"
        default: return scalar
        }
    }

    private mutating func surrogatePair(_ high: UInt32) -> Unicode.Scalar? {
        guard (0xD800..<0xDC00).contains(high), peek(0) == "\\", peek(1) == "u", position + 6 <= scalars.count,
            let low = UInt32(scalars[position + 2..<position + 6].text, radix: 16),
            (0xDC00..<0xE000).contains(low)
        else { return nil }
        position += 6
        return Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    }
}
