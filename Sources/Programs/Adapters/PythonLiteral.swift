package import JSON

/// Values as Python's `ast.literal_eval` reads them, as far as they have no brackets: ``TolerantJSON`` reads those.
package enum PythonLiteral {
    /// nil when `text` is not a literal. Several with commas between them are a tuple, that is a list.
    package static func value(of text: String) -> JSON? {
        let scalars = Array(text.pythonStripped.unicodeScalars)
        var parts: [JSON] = []
        var position = 0
        var hasComma = false
        while position < scalars.count {
            guard let value = element(scalars, &position) else { return nil }
            parts.append(value)
            skipSpace(scalars, &position)
            guard position < scalars.count, scalars[position] != "#" else { break }
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
        while position < scalars.count, scalars[position] != ",", scalars[position] != "#" { position += 1 }
        let word = withoutSpaceAfterSign(scalars[start..<position].text.pythonStripped)
        switch word {
        case "True": return true
        case "False": return false
        case "None": return .null
        default:
            // A word such as `nan` or `007` is a number to float() but not a literal.
            guard let first = word.unicodeScalars.first(where: { $0 != "+" && $0 != "-" }), first.isDigit || first == "." else {
                return nil
            }
            return number(word)
        }
    }

    /// `- 3` is an expression that Python's reader of literals takes for a number.
    private static func withoutSpaceAfterSign(_ word: String) -> String {
        guard word.hasPrefix("-") || word.hasPrefix("+") else { return word }
        return String(word.prefix(1)) + word.dropFirst().drop { $0 == " " || $0 == "\t" }
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

    /// A number as Python writes it: `1_000`, `+3`, `.5`, `3.`, `0x10`, `1e5`. nil for one that is not finite, which JSON lacks.
    static func number(_ text: String) -> JSON? {
        let lower = text.lowercased()
        guard let plain = withoutUnderscores(lower) else { return nil }
        if let value = Int(plain) { return .int(value) }
        let (sign, digits) =
            plain.hasPrefix("-") ? (-1, plain.dropFirst()) : (1, plain.hasPrefix("+") ? plain.dropFirst() : plain[...])
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.hasPrefix(prefix) {
            // Int would take a second sign.
            guard digits.dropFirst(2).unicodeScalars.allSatisfy(\.properties.isASCIIHexDigit) else { return nil }
            return Int(digits.dropFirst(2), radix: radix).map { .int(sign * $0) }
        }
        guard let first = digits.unicodeScalars.first, first.isDigit || first == ".",
            digits.unicodeScalars.allSatisfy({ $0.isDigit || $0 == "." || $0 == "e" || $0 == "+" || $0 == "-" })
        else { return nil }
        // Python's point needs a digit on one side only, Swift's on both.
        let padded = (first == "." ? "0" : "") + digits.replacing(scalar: ".", with: digits.hasSuffix(".") ? ".0" : ".")
        return Double(padded).flatMap { $0.isFinite ? .double(Double(sign) * $0) : nil }
    }

    /// Underscores may stand between digits, one at a time.
    private static func withoutUnderscores(_ text: String) -> String? {
        guard text.contains(scalar: "_") else { return text }
        guard !text.hasPrefix("_"), !text.hasSuffix("_"), !text.contains("__") else { return nil }
        return text.replacing(scalar: "_", with: "")
    }
}
