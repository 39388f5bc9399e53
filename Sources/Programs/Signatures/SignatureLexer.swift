/// The tokens of a signature's shorthand.
enum SignatureToken: Hashable {
    case name(String)
    case string(String)
    case int(Int)
    case float(Double)
    /// `,` `:` `[` `]` `(` `)` `|` `.` `=` `-` `->` `...`
    case mark(String)

    var description: String {
        switch self {
        case .name(let text), .mark(let text): "'\(text)'"
        case .string(let text): "the string '\(text)'"
        case .int(let value): "'\(value)'"
        case .float(let value): "'\(value)'"
        }
    }
}

struct SignatureLexer {
    private let scalars: [Unicode.Scalar]
    private var position = 0

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    private func peek(_ offset: Int = 0) -> Unicode.Scalar? {
        position + offset < scalars.count ? scalars[position + offset] : nil
    }

    mutating func tokens() throws(SignatureError) -> [SignatureToken] {
        var tokens: [SignatureToken] = []
        while let scalar = peek() {
            if scalar.isPythonSpace {
                position += 1
            } else if scalar == "'" || scalar == "\"" {
                tokens.append(.string(try string(quote: scalar)))
            } else if scalar.properties.isXIDStart || scalar == "_" {
                tokens.append(.name(take { $0.properties.isXIDContinue }))
            } else if ("0"..."9").contains(scalar) {
                tokens.append(try number())
            } else {
                tokens.append(try mark(scalar))
            }
        }
        return tokens
    }

    private mutating func take(while isIncluded: (Unicode.Scalar) -> Bool) -> String {
        var text = String.UnicodeScalarView()
        while let scalar = peek(), isIncluded(scalar) {
            text.append(scalar)
            position += 1
        }
        return String(text)
    }

    private mutating func number() throws(SignatureError) -> SignatureToken {
        let isPart = { (scalar: Unicode.Scalar) in scalar.properties.isXIDContinue || scalar == "." }
        var text = take(while: isPart)
        // The sign of an exponent.
        if text.hasSuffix("e") || text.hasSuffix("E"), let sign = peek(), sign == "+" || sign == "-", peek(1)?.isDigit ?? false {
            position += 1
            text += String(sign) + take(while: isPart)
        }
        text = text.replacing(scalar: "_", with: "")
        if let value = Int(text) { return .int(value) }
        guard let value = Double(text), value.isFinite else { throw SignatureError("'\(text)' is not a number") }
        return .float(value)
    }

    private mutating func mark(_ scalar: Unicode.Scalar) throws(SignatureError) -> SignatureToken {
        for long in ["->", "..."] where Array(long.unicodeScalars) == Array(scalars[position...].prefix(long.utf8.count)) {
            position += long.utf8.count
            return .mark(long)
        }
        guard ",:[]()|.=-".unicodeScalars.contains(scalar) else { throw SignatureError("unexpected character '\(scalar)'") }
        position += 1
        return .mark(String(scalar))
    }

    private mutating func string(quote: Unicode.Scalar) throws(SignatureError) -> String {
        position += 1
        var text = String.UnicodeScalarView()
        while let scalar = peek() {
            position += 1
            if scalar == quote { return String(text) }
            text.append(scalar == "\\" ? try escape() : scalar)
        }
        throw SignatureError("a string is not closed: \(quote)\(String(text))")
    }

    private mutating func escape() throws(SignatureError) -> Unicode.Scalar {
        guard let scalar = peek() else { throw SignatureError("a string is not closed") }
        position += 1
        switch scalar {
        case "n": return "\n"
        case "t": return "\t"
        case "r": return "\r"
        case "x": return try hexadecimal(digits: 2)
        case "u": return try hexadecimal(digits: 4)
        case "\\", "'", "\"": return scalar
        default: throw SignatureError("unknown escape \\\(scalar) in a string")
        }
    }

    private mutating func hexadecimal(digits: Int) throws(SignatureError) -> Unicode.Scalar {
        let text = scalars[position...].prefix(digits).text
        guard text.utf8.count == digits, let value = UInt32(text, radix: 16), let scalar = Unicode.Scalar(value) else {
            throw SignatureError("malformed escape in a string")
        }
        position += digits
        return scalar
    }
}
