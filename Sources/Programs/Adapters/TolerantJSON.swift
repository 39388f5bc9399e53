package import JSON

/// Reads the JSON that models write: in prose or a code fence, with single or no quotes, comments, Python's words, and commas,
/// quotes or brackets too few or too many. The rules are those of json_repair, on which DSPy relies, but for the rarest.
///
/// No text takes more than linear time: all looking ahead shares a budget, and who has none left sees nothing ahead.
package struct TolerantJSON {
    /// What is being read, from the outermost to the innermost.
    enum Context { case key, value, list }

    var scalars: [Unicode.Scalar]
    var position = 0
    var lookahead: Int
    /// Where an object begins although its brace is missing.
    var impliedBrace: Int?
    private(set) var contexts: [Context] = []
    private var counts = (key: 0, value: 0, list: 0)
    private var depth = 0
    private var isTooDeep = false
    private var hasTriedWellFormed = false
    private static let depthLimit = 200

    private init(_ text: String) {
        scalars = Array(text.unicodeScalars)
        lookahead = 32 * scalars.count + 4096
    }

    /// The value that `text` is or contains; of several with the same form the last, else a list of all. nil without a list or
    /// object, and when they are nested too deeply.
    package static func value(in text: String) -> JSON? {
        if let value = try? JSON(parsing: text) { return value }
        // An object that only lacks its first brace.
        let start = text.unicodeScalars.first { !$0.isPythonSpace }
        if start == "\"", let value = try? JSON(parsing: "{" + text) { return value }
        var reader = TolerantJSON(text)
        let value = reader.document()
        return reader.isTooDeep ? nil : value
    }

    private mutating func document() -> JSON? {
        guard let first = value() else { return nil }
        var values = [first]
        while position < scalars.count {
            let isListed = isNextAfterComma
            guard let value = value() else { break }
            guard !value.isFalsy else {
                position += 1
                continue
            }
            if let last = values.last, last.isFalsy || (!isListed && value.hasSameForm(as: last)) { values.removeLast() }
            values.append(value)
        }
        return values.count > 1 ? .array(values) : values.first
    }

    private var isNextAfterComma: Bool {
        mutating get {
            if scalar(afterSpaceFrom: position) == "," { return true }
            var before = position - 1
            while let scalar = at(before), scalar.isPythonSpace, pay() { before -= 1 }
            return at(before) == ","
        }
    }

    // MARK: Values

    /// The next value; nil at the end, and where a comment stands for it.
    mutating func value() -> JSON? {
        while let scalar = peek() {
            let isInside = !contexts.isEmpty
            switch scalar {
            case "{", "[":
                if !isInside, let value = wellFormed() { return value }
                position += 1
                return nested { scalar == "{" ? $0.object() : .array($0.list(closing: "]")) }
            case "(" where isInside || canParenthesisOpenValue:
                return nested { $0.parenthesized() }
            case "#", "/":
                skipComment()
                if isInside { return nil }
            case _ where isInside && (Self.isQuote(scalar) || scalar.isPythonLetter):
                return string()
            case _ where isInside && (scalar.isDigit || scalar == "-" || scalar == "."):
                return number()
            default: position += 1
            }
        }
        return nil
    }

    /// The first list or object outside all others, if nothing is wrong with it. One that a comma follows may lack a bracket.
    private mutating func wellFormed() -> JSON? {
        guard !hasTriedWellFormed, let end = closingBracket() else { return nil }
        if position == 0, scalar(afterSpaceFrom: end + 1).map({ $0 == "," }) ?? true { return nil }
        hasTriedWellFormed = true
        guard let value = try? JSON(parsing: scalars[position...end].text) else { return nil }
        position = end + 1
        return value
    }

    mutating func nested(_ read: (inout TolerantJSON) -> JSON) -> JSON {
        guard depth < Self.depthLimit else {
            isTooDeep = true
            position = scalars.count
            return .null
        }
        depth += 1
        defer { depth -= 1 }
        return read(&self)
    }

    mutating func list(closing: Unicode.Scalar) -> [JSON] {
        let isMember = contexts.last == .value
        push(.list)
        defer { pop() }
        var items: [JSON] = []
        var hasContainer = false
        while true {
            skipSpaceAndComments()
            guard let scalar = peek(), scalar != closing, scalar != "}" else { break }
            if scalar == "," {
                position += 1
                continue
            }
            let item: JSON?
            if impliedBrace == position {
                impliedBrace = nil
                item = nested { $0.object() }
            } else if Self.isQuote(scalar), isColon(afterQuotedAt: position) {
                // A member of the object around this list, which was not closed; or an object without its brace.
                if isMember, !items.isEmpty, !hasContainer { return items }
                item = nested { $0.object() }
            } else {
                item = Self.isQuote(scalar) ? string() : value()
            }
            if item?.isEmptyValue ?? true, peek() != closing, peek() != "," {
                position += 1
            } else if item != "..." || peek(-1) != "." {
                let item = item ?? ""
                hasContainer = hasContainer || item.isContainer
                items.append(item)
            }
        }
        position += 1
        return items
    }

    private mutating func parenthesized() -> JSON {
        let isTuple = isParenthesisTuple
        position += 1
        let values = list(closing: ")")
        return isTuple || values.count != 1 ? .array(values) : values[0]
    }

    private mutating func number() -> JSON {
        let start = position
        var marks: [Unicode.Scalar] = []
        while let scalar = peek(), scalar.isNumberMark || (scalar == "+" && (marks.last == "e" || marks.last == "E")),
            contexts.last != .list || scalar != ","
        {
            if scalar != "_" { marks.append(scalar) }
            position += 1
        }
        if let scalar = peek(), scalar.isPythonLetter {
            position = start
            return string()
        }
        if let last = marks.last, "+-eE/,".unicodeScalars.contains(last) {
            marks.removeLast()
            position -= 1
        }
        let text = marks.text
        return PythonLiteral.number(text) ?? .string(text)
    }

    // MARK: Contexts

    mutating func push(_ context: Context) {
        contexts.append(context)
        count(context, 1)
    }

    mutating func pop() { if let context = contexts.popLast() { count(context, -1) } }

    private mutating func count(_ context: Context, _ change: Int) {
        switch context {
        case .key: counts.key += change
        case .value: counts.value += change
        case .list: counts.list += change
        }
    }

    var isInKey: Bool { counts.key > 0 }
    var isInValue: Bool { counts.value > 0 }
    var isInList: Bool { counts.list > 0 }
}

extension JSON {
    /// Empty, zero, false or null: what Python takes for false.
    fileprivate var isFalsy: Bool {
        switch self {
        case .null, .bool(false), .int(0), .double(0): true
        default: isEmptyValue
        }
    }

    /// An empty text, list or object.
    var isEmptyValue: Bool {
        switch self {
        case .string(let text): text.isEmpty
        case .array(let elements): elements.isEmpty
        case .object(let members): members.isEmpty
        default: false
        }
    }

    fileprivate var isContainer: Bool {
        switch self {
        case .array, .object: true
        default: false
        }
    }

    /// Whether a model may have written `self` to correct `other`: the same kinds of value in the same places.
    fileprivate func hasSameForm(as other: JSON) -> Bool {
        switch (self, other) {
        case (.null, .null), (.bool, .bool), (.int, .int), (.double, .double), (.string, .string): true
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.hasSameForm(as: $1) }
        case (.object(let left), .object(let right)):
            left.count == right.count && left.allSatisfy { key, value in right[key].map { value.hasSameForm(as: $0) } ?? false }
        default: false
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isNumberMark: Bool { isDigit || "-.eE/,_".unicodeScalars.contains(self) }
}
