/// Looking around without moving. Every step ahead is paid from the budget.
extension TolerantJSON {
    func peek(_ offset: Int = 0) -> Unicode.Scalar? { at(position + offset) }

    func at(_ index: Int) -> Unicode.Scalar? { scalars.indices.contains(index) ? scalars[index] : nil }

    static func isQuote(_ scalar: Unicode.Scalar) -> Bool { scalar == "\"" || scalar == "'" || scalar == "“" || scalar == "”" }

    mutating func pay() -> Bool {
        lookahead -= 1
        return lookahead >= 0
    }

    /// The first place from `start` on that `isWanted` and no odd number of backslashes stands before; nil without one.
    mutating func index(from start: Int, of isWanted: (Unicode.Scalar) -> Bool) -> Int? {
        var index = start
        var isEscaped = false
        while index < scalars.count, pay() {
            let scalar = scalars[index]
            if scalar == "\\" {
                isEscaped.toggle()
            } else {
                if !isEscaped, isWanted(scalar) { return index }
                isEscaped = false
            }
            index += 1
        }
        return nil
    }

    mutating func index(skippingSpaceFrom start: Int) -> Int? {
        var index = start
        while let scalar = at(index), scalar.isPythonSpace {
            guard pay() else { return nil }
            index += 1
        }
        return index < scalars.count ? index : nil
    }

    mutating func scalar(afterSpaceFrom start: Int) -> Unicode.Scalar? { index(skippingSpaceFrom: start).flatMap(at) }

    /// Whether a colon follows the text in the quotes at `start`.
    mutating func isColon(afterQuotedAt start: Int) -> Bool {
        guard let quote = at(start), let end = index(from: start + 1, of: { $0 == quote }) else { return false }
        return scalar(afterSpaceFrom: end + 1) == ":"
    }

    /// Whether a colon follows the bare word at `start`.
    mutating func isColon(afterWordAt start: Int) -> Bool {
        var index = start
        while let scalar = at(index), scalar.isPythonAlphanumeric || scalar == "_" || scalar == "-", pay() { index += 1 }
        return index > start && scalar(afterSpaceFrom: index) == ":"
    }

    /// Where the bracket here is closed, in JSON without errors; nil when it is not.
    mutating func closingBracket() -> Int? {
        var depth = 0
        var isText = false
        var index = position
        while let scalar = at(index), pay() {
            switch scalar {
            case "\\" where isText: index += 1
            case "\"": isText.toggle()
            case "{" where !isText, "[" where !isText: depth += 1
            case "}" where !isText, "]" where !isText: depth -= 1
            default: break
            }
            if depth == 0 { return index }
            index += 1
        }
        return nil
    }

    // MARK: Parentheses

    /// Whether the parenthesis here stands alone on its lines, as prose does not.
    var canParenthesisOpenValue: Bool {
        mutating get {
            var before = position - 1
            while let scalar = at(before), scalar != "\n", scalar != "\r" {
                guard scalar.isPythonSpace, pay() else { return false }
                before -= 1
            }
            guard let inner = index(skippingSpaceFrom: position + 1), let first = at(inner) else { return false }
            let word = scalars[inner...].prefix(5).text.lowercased()
            guard
                ")[{(-.".unicodeScalars.contains(first) || Self.isQuote(first) || first.isDigit
                    || ["true", "null", "none"].contains(String(word.prefix(4))) || word == "false"
            else { return false }
            guard let end = closingParenthesis(whereComma: { _ in }) else { return lookahead >= 0 }
            var trailer = end + 1
            while let scalar = at(trailer), scalar != "\n", scalar != "\r" {
                guard scalar.isPythonSpace, pay() else { return false }
                trailer += 1
            }
            return true
        }
    }

    /// Whether the parenthesis here holds several values, or none.
    var isParenthesisTuple: Bool {
        mutating get {
            var hasComma = false
            let end = closingParenthesis { hasComma = $0 || hasComma }
            if hasComma { return true }
            return scalars[(position + 1)..<(end ?? scalars.count)].allSatisfy(\.isPythonSpace)
        }
    }

    /// Where the parenthesis here is closed; nil when it is not.
    private mutating func closingParenthesis(whereComma report: (Bool) -> Void) -> Int? {
        var (round, square, curly) = (0, 0, 0)
        var quote: Unicode.Scalar?
        var isEscaped = false
        var index = position + 1
        while let scalar = at(index), pay() {
            defer { index += 1 }
            if scalar == "\\" {
                isEscaped.toggle()
                continue
            }
            let isPlain = !isEscaped
            isEscaped = false
            if let open = quote {
                if scalar == open, isPlain { quote = nil }
                continue
            }
            switch scalar {
            case _ where Self.isQuote(scalar) && isPlain: quote = scalar
            case "(": round += 1
            case ")":
                if round == 0, square == 0, curly == 0 { return index }
                round -= round > 0 ? 1 : 0
            case "[": square += 1
            case "]": square -= square > 0 ? 1 : 0
            case "{": curly += 1
            case "}": curly -= curly > 0 ? 1 : 0
            case ",": report(round == 0 && square == 0 && curly == 0)
            default: break
            }
        }
        return nil
    }

    // MARK: Space and comments

    mutating func skipSpace() { while let scalar = peek(), scalar.isPythonSpace { position += 1 } }

    mutating func skipSpaceAndComments() {
        while true {
            skipSpace()
            guard peek() == "#" || (peek() == "/" && (peek(1) == "/" || peek(1) == "*")) else { return }
            skipComment()
        }
    }

    /// A `#` comment also ends where a bracket closes what is being read.
    mutating func skipComment() {
        if peek() == "#" || (peek() == "/" && peek(1) == "/") {
            let isHash = peek() == "#"
            while let scalar = peek(), scalar != "\n", scalar != "\r" {
                if isHash, (scalar == "]" && isInList) || (scalar == "}" && isInValue) || (scalar == ":" && isInKey) { return }
                position += 1
            }
        } else if peek() == "/", peek(1) == "*" {
            position += 2
            while peek() != nil, !(peek() == "*" && peek(1) == "/") { position += 1 }
            position += 2
        } else {
            position += 1
        }
    }
}
