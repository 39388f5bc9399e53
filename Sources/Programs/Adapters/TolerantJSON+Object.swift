internal import JSON

extension TolerantJSON {
    /// The members up to the closing brace; the opening one has been read, or is missing.
    mutating func object() -> JSON {
        let start = position
        let isMember = contexts.last == .value
        var members = JSONObject()
        while true {
            skipSpaceAndComments()
            guard let scalar = peek(), scalar != "}" else { break }
            if scalar == "," {
                position += 1
                continue
            }
            if scalar == ":" { position += 1 }
            let (key, keyStart) = key()
            if isInList, !isMember, members[key] != nil, !isRepetition(ofKeyAt: keyStart) {
                // The next object of a list, whose brace is missing.
                impliedBrace = keyStart
                position = keyStart - 1
                break
            }
            skipSpaceAndComments()
            guard let mark = peek(), mark != "}" else { continue }
            position += 1
            members[key] = memberValue()
            if let scalar = peek(), scalar == "," || scalar == "'" || scalar == "\"" { position += 1 }
            if peek() == "]", isInList {
                position -= 1
                break
            }
        }
        position += 1
        if members.isEmpty, let other = otherThanEmpty(start) { return other }
        return completed(members)
    }

    private mutating func key() -> (String, start: Int) {
        push(.key)
        defer { pop() }
        var key = ""
        var start = position
        while peek() != nil {
            start = position
            key = string().stringValue ?? ""
            if key.isEmpty { skipSpaceAndComments() }
            if !key.isEmpty || peek() == ":" || peek() == "}" { break }
        }
        return (key, start)
    }

    private mutating func memberValue() -> JSON {
        push(.value)
        defer { pop() }
        skipSpaceAndComments()
        if peek() == "," || peek() == "}" { return "" }
        return value() ?? ""
    }

    /// Whether a key that the object has already was written as a member in its own right: after a comma and in quotes.
    private mutating func isRepetition(ofKeyAt start: Int) -> Bool {
        var before = start - 1
        while let scalar = at(before), scalar.isPythonSpace { before -= 1 }
        return at(start).map(Self.isQuote) ?? false && at(before) == "," && scalar(afterSpaceFrom: position) == ":"
    }

    private mutating func completed(_ members: JSONObject) -> JSON {
        guard contexts.isEmpty else {
            if peek() == "}", contexts.last == .list { position += 1 }
            return .object(members)
        }
        skipSpace()
        guard peek() == "," else { return .object(members) }
        position += 1
        skipSpace()
        guard let quote = peek(), Self.isQuote(quote), case .object(let more) = nested({ $0.object() }) else {
            return .object(members)
        }
        return .object(members.merging(more))
    }

    /// Braces without a member that are not blank: an object whose quotes are all escaped, or a set. nil for neither.
    private mutating func otherThanEmpty(_ start: Int) -> JSON? {
        let end = min(position, scalars.count)
        // What is read again is paid for: sets within sets would otherwise double the work at every level.
        guard position - start > 2, lookahead >= 8 * (scalars.count - start) else { return nil }
        lookahead -= 8 * (scalars.count - start)
        let body = scalars[start..<end].text.pythonStripped
        if body.hasPrefix("\\\"") || body.hasPrefix("\\'") {
            var bare: [Unicode.Scalar] = []
            for index in start..<end {
                let isEscape = scalars[index] == "\\" && (at(index + 1) == "\"" || at(index + 1) == "'")
                if !isEscape { bare.append(scalars[index]) }
            }
            scalars.replaceSubrange(start..<end, with: bare)
            position = start
            return nested { $0.object() }
        }
        let content = body.hasSuffix("}") ? body.dropLast().pythonStripped : body
        guard !content.isEmpty,
            index(from: start, of: { $0 == ":" }).map({ $0 >= end }) ?? true
        else { return nil }
        position = start
        push(.key)
        defer { pop() }
        return nested { .array($0.list(closing: "]")) }
    }
}
