internal import JSON

/// Values as Python's `ast.literal_eval` reads them, as far as they have no brackets: ``TolerantJSON`` reads those.
enum PythonLiteral {
    /// nil when `text` is not a literal. Several with commas between them are a tuple, that is a list.
    static func value(of text: String) -> JSON? {
        let scalars = Array(text.pythonStripped.unicodeScalars)
        var parts: [JSON] = []
        var position = 0
        var hasComma = false
        while position < scalars.count {
            guard let value = element(scalars, &position) else { return nil }
            parts.append(value)
            skipSpace(scalars, &position)
            guard position < scalars.count else { break }
            guard scalars[position] == "," else { return nil }
            hasComma = true
            position += 1
            skipSpace(scalars, &position)
        }
        return hasComma ? .array(parts) : parts.first
    }

    private static func skipSpace(_ scalars: [Unicode.Scalar], _ position: inout Int) {
        while position < scalars.count, scalars[position] == " " || scalars[position] == "\t" { position += 1 }
    }

    private static func element(_ scalars: [Unicode.Scalar], _ position: inout Int) -> JSON? {
        guard position < scalars.count else { return nil }
        let quote = scalars[position]
        if quote == "'" || quote == "\"" { return string(scalars, &position, quote) }
        let start = position
        while position < scalars.count, scalars[position] != "," { position += 1 }
        let word = scalars[start..<position].text.pythonStripped
        switch word {
        case "True": return true
        case "False": return false
        case "None": return .null
        default:
            // A word such as `nan` or `007` is a number to float() but not a literal.
            guard let first = word.unicodeScalars.first(where: { $0 != "+" && $0 != "-" }),
                ("0"..."9").contains(first) || first == "."
            else { return nil }
            return number(word)
        }
    }

    private static func string(_ scalars: [Unicode.Scalar], _ position: inout Int, _ quote: Unicode.Scalar) -> JSON? {
        var text = String.UnicodeScalarView()
        position += 1
        while position < scalars.count, scalars[position] != quote {
            guard scalars[position] != "\n" else { return nil }
            if scalars[position] == "\\", position + 1 < scalars.count {
                position += 1
                text.append(["n": "\n", "t": "\t", "r": "\r"][scalars[position]] ?? scalars[position])
            } else {
                text.append(scalars[position])
            }
            position += 1
        }
        guard position < scalars.count else { return nil }
        position += 1
        return .string(String(text))
    }

    /// A number as Python writes it: `1_000`, `+3`, `.5`, `3.`, `0x10`, `1e5`.
    static func number(_ text: String) -> JSON? {
        guard !text.hasPrefix("_"), !text.hasSuffix("_") else { return nil }
        let plain = text.replacing(scalar: "_", with: "")
        if let value = Int(plain) { return .int(value) }
        let lower = plain.lowercased()
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where lower.hasPrefix(prefix) {
            return Int(lower.dropFirst(2), radix: radix).map { .int($0) }
        }
        let digits = lower.hasPrefix("+") ? String(lower.dropFirst()) : lower
        // Python's point needs a digit on one side only, Swift's on both.
        let padded = (digits.hasPrefix(".") ? "0" : "") + digits.replacing(scalar: ".", with: digits.hasSuffix(".") ? ".0" : ".")
        return Double(padded).map { .double($0) }
    }
}
