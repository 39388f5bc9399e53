internal import JSON

extension TolerantJSON {
    /// The state of reading one text.
    private struct Text {
        var isQuoted = true
        var hasDoubledQuotes = false
        var open: Unicode.Scalar = "\""
        var close: Unicode.Scalar = "\""
        var content = String.UnicodeScalarView()
        var last: Unicode.Scalar?
        /// Whether a quote inside the text was opened and not closed.
        var hasInnerQuote = false
        /// No comma here ends the value: nothing quoted or bracketed follows.
        var isLastValue = false
        /// A bracket that follows a comma inside the text is part of it.
        var awaitsBracket = false
        var brackets: [Unicode.Scalar] = []
        var openBraces = 0

        mutating func append(_ scalar: Unicode.Scalar) {
            content.append(scalar)
            last = scalar
            if scalar == "{" { openBraces += 1 }
            if scalar == "}", openBraces > 0 { openBraces -= 1 }
        }
    }

    private var current: Context? { contexts.last }

    /// A text, quoted or bare; a bare word of Python's or JSON's is its value.
    mutating func string() -> JSON {
        if peek() == "#" || peek() == "/" {
            skipComment()
            return ""
        }
        while let scalar = peek(), !Self.isQuote(scalar), !scalar.isPythonAlphanumeric { position += 1 }
        guard let first = peek() else { return "" }
        if first == "\"", let text = plainText() { return .string(text) }
        var text = Text()
        switch first {
        case "'": (text.open, text.close) = ("'", "'")
        case "“": (text.open, text.close) = ("“", "”")
        case _ where first.isPythonAlphanumeric:
            if current != .key, let constant = constant() { return constant }
            text.isQuoted = false
        default: break
        }
        if text.isQuoted { position += 1 }
        if peek() == "`", let block = fencedValue() { return block }
        if peek() == text.open, isEmptied(&text) { return "" }
        scan(&text)
        return .string(finish(text))
    }

    /// The text in well-formed quotes that what must follow does follow.
    private mutating func plainText() -> String? {
        guard let end = scalars[(position + 1)...].firstIndex(of: "\"") else { return nil }
        let content = scalars[(position + 1)..<end]
        guard !content.contains(where: { $0 == "\\" || $0 == "\n" || $0 == "\r" }) else { return nil }
        let following = scalar(afterSpaceFrom: end + 1)
        let isEnd =
            switch current {
            case .key: following == ":"
            case .value: following == nil || following == "," || following == "}"
            case .list: following == nil || following == "," || following == "]"
            case nil: following == nil
            }
        guard isEnd else { return nil }
        position = end + 1
        return content.text
    }

    private static let constants: [(word: [Unicode.Scalar], value: JSON)] =
        [("true", true), ("false", false), ("null", .null), ("none", .null)].map { (Array($0.0.unicodeScalars), $0.1) }

    private mutating func constant() -> JSON? {
        for (word, value) in Self.constants {
            let isWord = word.enumerated().allSatisfy { offset, letter in
                peek(offset).map { $0 == letter || $0.properties.lowercaseMapping.unicodeScalars.first == letter } ?? false
            }
            guard isWord else { continue }
            let following = peek(word.count)
            guard following.map({ $0.isPythonSpace || ",)]}".unicodeScalars.contains($0) }) ?? true else { continue }
            position += word.count
            return value
        }
        return nil
    }

    /// A value in a code fence inside quotes.
    private mutating func fencedValue() -> JSON? {
        guard scalars[position...].starts(with: "```json".unicodeScalars),
            let end = index(from: position + 7, of: { $0 == "`" }), scalars[end...].starts(with: "```".unicodeScalars)
        else { return nil }
        position += 7
        return nested { $0.value() ?? "" }
    }

    /// Two quotes in a row: an empty text (true), or one too many.
    private mutating func isEmptied(_ text: inout Text) -> Bool {
        let following = peek(1)
        switch current {
        case .key where following == ":", .value where following == "," || following == "}",
            .list where following == "," || following == "]":
            position += 1
            return true
        default: break
        }
        if following == text.open { return true }
        let close = text.close
        if let end = index(from: position + 1, of: { $0 == close }), at(end + 1) == close {
            text.hasDoubledQuotes = true
            position += 1
            return false
        }
        let next = scalar(afterSpaceFrom: position + 1)
        if let next, Self.isQuote(next) || next == "{" || next == "[" {
            position += 1
            return true
        }
        if next != ",", next != "]", next != "}" { position += 1 }
        return false
    }

    // MARK: The text itself

    private mutating func scan(_ text: inout Text) {
        while let scalar = peek(), scalar != text.close {
            if !text.isQuoted, current == .key, scalar == ":" || scalar.isPythonSpace { return }
            if !text.isQuoted, current == .list, scalar == "]" || scalar == "," { return }
            if current == .value, scalar == ",", !text.awaitsBracket, text.brackets.isEmpty {
                switch text.isLastValue ? .content : meaningOfComma() {
                case .member: return
                case .last: text.isLastValue = true
                case .container: text.awaitsBracket = true
                case .content: break
                }
                take(&text)
                continue
            }
            if isInnerBracket(scalar, &text) {
                take(&text)
                continue
            }
            if current == .value, scalar == "}", text.last != text.close {
                if text.openBraces > 0 {
                    take(&text)
                    continue
                }
                if isCloseMissing(text) { return }
            }
            if scalar == "]", isInList, text.last != text.close {
                let close = text.close
                if index(from: position, of: { $0 == close }) == nil { return }
            }
            if current == .value, scalar == "}" {
                let next = index(skippingSpaceFrom: position + 1)
                guard let next, !scalars[next...].starts(with: "```".unicodeScalars) else { return }
            }
            take(&text)
            guard readEscapes(&text) else { continue }
            if isEnd(&text) { return }
        }
    }

    private mutating func take(_ text: inout Text) {
        guard let scalar = peek() else { return }
        text.append(scalar)
        position += 1
    }

    /// Undoes an escape whose backslash has been taken. False when the next scalar is to be read afresh.
    private mutating func readEscapes(_ text: inout Text) -> Bool {
        guard text.last == "\\", let scalar = peek() else { return peek() != nil }
        func replace(_ replacement: Unicode.Scalar) {
            text.content.removeLast()
            text.append(replacement)
        }
        switch scalar {
        case text.close, "\\", "t", "n", "r", "b":
            replace(["t": "\t", "n": "\n", "r": "\r", "b": "\u{8}"][scalar] ?? scalar)
            position += 1
            return false
        case "u", "x":
            let width = scalar == "u" ? 4 : 2
            guard let value = hexadecimal(at: position + 1, width: width) else { return true }
            position += 1 + width
            replace(surrogatePair(value) ?? Unicode.Scalar(value) ?? "\u{FFFD}")
            return false
        case _ where Self.isQuote(scalar):
            replace(scalar)
            position += 1
            return false
        default: return true
        }
    }

    private func hexadecimal(at start: Int, width: Int) -> UInt32? {
        guard start + width <= scalars.count else { return nil }
        let digits = scalars[start..<start + width]
        guard digits.allSatisfy({ $0.properties.isASCIIHexDigit }) else { return nil }
        return UInt32(digits.text, radix: 16)
    }

    private mutating func surrogatePair(_ high: UInt32) -> Unicode.Scalar? {
        guard (0xD800..<0xDC00).contains(high), peek() == "\\", peek(1) == "u", let low = hexadecimal(at: position + 2, width: 4),
            (0xDC00..<0xE000).contains(low)
        else { return nil }
        position += 6
        return Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    }

    private mutating func finish(_ text: Text) -> String {
        if let scalar = peek(), !text.isQuoted, current == .key, scalar.isPythonSpace {
            skipSpace()
            if peek() != ":", peek() != "," { return "" }
        }
        var isTrimmed = !text.isQuoted || text.last == "\n"
        if peek() == text.close { position += 1 } else { isTrimmed = true }
        let content = String(text.content)
        return isTrimmed ? content.pythonRightStripped : content
    }

    // MARK: What a mark inside a text means

    private enum Comma { case member, content, container, last }

    /// Whether a comma in a member's value separates it from the next member.
    private mutating func meaningOfComma() -> Comma {
        guard let next = index(skippingSpaceFrom: position + 1), let scalar = at(next) else { return .member }
        if scalar == "}" { return .member }
        if Self.isQuote(scalar) { return isColon(afterQuotedAt: next) ? .member : .content }
        if scalar == "`" { return isColon(afterWordAt: next + 1) ? .member : .content }
        if scalar.isPythonAlphanumeric || scalar == "_", isColon(afterWordAt: next), hasValue(afterColonFrom: next) {
            return .member
        }
        if scalar == "{" || scalar == "[" { return .container }
        guard let special = index(from: next, of: { Self.isQuote($0) || $0 == "{" || $0 == "[" }), let mark = at(special) else {
            return .last
        }
        if mark == "{" || mark == "[" { return .content }
        return isColon(afterQuotedAt: special) ? .member : .content
    }

    /// Whether a value follows the bare key at `start`, and not prose that happens to have a colon.
    private mutating func hasValue(afterColonFrom start: Int) -> Bool {
        guard let colon = index(from: start, of: { $0 == ":" }), let value = index(skippingSpaceFrom: colon + 1),
            let first = at(value)
        else { return false }
        if Self.isQuote(first) || first.isDigit || first == "{" || first == "[" || first == "-" { return true }
        for word in ["true", "false", "null"] where scalars[value...].starts(with: word.unicodeScalars) {
            guard let end = at(value + word.utf8.count) else { return true }
            if end.isPythonSpace || end == "," || end == "}" || end == "]" { return true }
        }
        return index(from: value, of: { Self.isQuote($0) || $0 == "}" }).map { scalars[$0] == "}" } ?? false
    }

    private func isInnerBracket(_ scalar: Unicode.Scalar, _ text: inout Text) -> Bool {
        if scalar == "{" || scalar == "[" {
            if text.awaitsBracket || !text.brackets.isEmpty { text.brackets.append(scalar) }
            text.awaitsBracket = false
        }
        guard let last = text.brackets.last, (scalar == "}" && last == "{") || (scalar == "]" && last == "[") else {
            return false
        }
        text.brackets.removeLast()
        return true
    }

    /// Whether a brace in a member's value closes the object, the value's closing quote being missing.
    private mutating func isCloseMissing(_ text: Text) -> Bool {
        if peek(1) == "\\" { return false }
        guard let quote = index(from: position + 1, of: { $0 == text.close }) else {
            if index(from: position + 1, of: { $0 == ":" }) != nil { return true }
            let next = index(skippingSpaceFrom: position + 1) ?? scalars.count
            return (index(from: next, of: { $0 == "}" }) ?? scalars.count) - next <= 1
        }
        guard let next = index(skippingSpaceFrom: quote + 1), scalars[next] != ",", scalars[next] != "}" else { return false }
        guard let opening = index(from: next, of: { $0 == text.open }) else { return false }
        return scalar(afterSpaceFrom: opening + 1).map { $0 == ":" } ?? true
    }

    /// Whether the text ends at the scalar here, which may be taken into the text instead.
    private mutating func isEnd(_ text: inout Text) -> Bool {
        let (open, close) = (text.open, text.close)
        if peek() == ":", text.isQuoted, current == .key {
            guard let quote = index(from: position + 1, of: { $0 == open }) else { return true }
            guard let end = index(from: quote + 1, of: { $0 == close }) else { return false }
            let next = scalar(afterSpaceFrom: end + 1)
            return next == "," || next == "}"
        }
        guard peek() == close, text.last != "\\" else { return false }
        if text.hasDoubledQuotes, peek(1) == close {
            position += 1
            return false
        }
        if !text.isQuoted, current == .value { return isNextKey(text) }
        if text.hasInnerQuote {
            text.hasInnerQuote = false
            take(&text)
            return false
        }
        switch meaningOfQuote(text) {
        case .end: return true
        case .content: break
        case .opensInner: text.hasInnerQuote.toggle()
        }
        take(&text)
        return false
    }

    /// A quote after a bare value may open the next key, whose comma was forgotten.
    private mutating func isNextKey(_ text: Text) -> Bool {
        let (open, close) = (text.open, text.close)
        guard let quote = index(from: position + 1, of: { $0 == open || $0 == close }),
            scalar(afterSpaceFrom: quote + 1) == ":"
        else { return true }
        position -= 1
        return true
    }

    private enum Quote { case end, content, opensInner }

    private mutating func meaningOfQuote(_ text: Text) -> Quote {
        let (open, close) = (text.open, text.close)
        var index = position + 1
        var isBlank = true
        var hasLetter = false
        while let scalar = at(index), scalar != open, scalar != close {
            hasLetter = hasLetter || scalar.isPythonLetter
            let isEnd =
                (isInKey && (scalar == ":" || scalar == "}")) || (isInValue && scalar == "}")
                || (isInList && (scalar == "]" || scalar == ",")) || (!hasLetter && current == .value && scalar == ",")
            if isEnd { break }
            isBlank = isBlank && scalar.isPythonSpace
            guard pay() else { return .end }
            index += 1
        }
        if at(index) == ",", current == .value {
            guard let quote = self.index(from: index + 1, of: { $0 == close }) else { return .end }
            let next = scalar(afterSpaceFrom: quote + 1)
            return next == "}" || next == "," ? .content : .end
        }
        guard at(index) == close, at(index - 1) != "\\" else { return .end }
        let isBeforeMember = current == .value && isMember(afterQuoteAt: index)
        if isBlank, !isBeforeMember { return .end }
        switch current {
        case .value: return isBeforeMember ? .content : quoteInValue(index, close)
        case .list: return quoteInList(index, close)
        case .key: return .content
        case nil: return .end
        }
    }

    private mutating func quoteInValue(_ inner: Int, _ close: Unicode.Scalar) -> Quote {
        guard let second = index(from: inner + 1, of: { $0 == close }) else { return .opensInner }
        var index = second + 1
        while let scalar = at(index), scalar != ":" {
            if scalar == "," || scalar == "]" || scalar == "}" || (scalar == close && at(index - 1) != "\\") {
                return .opensInner
            }
            guard pay() else { return .end }
            index += 1
        }
        return at(index) == ":" ? .end : .opensInner
    }

    /// Quotes inside a list's text come in pairs.
    private mutating func quoteInList(_ inner: Int, _ close: Unicode.Scalar) -> Quote {
        var place = inner
        while at(place) == close {
            guard let second = index(from: place + 1, of: { $0 == close || $0 == "]" }), scalars[second] == close else {
                return .end
            }
            guard let third = index(from: second + 1, of: { $0 == close || $0 == "]" }) else { return .opensInner }
            place = third
        }
        return .opensInner
    }

    private mutating func isMember(afterQuoteAt quote: Int) -> Bool {
        guard let comma = index(skippingSpaceFrom: quote + 1), scalars[comma] == ",",
            let next = index(skippingSpaceFrom: comma + 1), let first = at(next)
        else { return false }
        return Self.isQuote(first) ? isColon(afterQuotedAt: next) : isColon(afterWordAt: next)
    }
}
