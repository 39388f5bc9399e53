import JSON

/// What a prompt says about one field of its signature.
struct FieldDeclaration: Sendable {
    /// The kinds of values that are answered in different ways.
    enum Kind: Sendable, Equatable {
        case text
        /// One of these values, in the order of the prompt.
        case label([JSON])
        case boolean, integer, number
        /// A value that adheres to a JSON schema.
        case schema(JSON)
    }

    var name: String
    var kind: Kind
    var description: String

    /// `type` is the Python type in the field list, `note` the hint behind the placeholder, if any.
    init(name: String, type: String, note: String?, description: String) {
        self.name = name
        self.description = description
        kind = Self.kind(type: type, note: note)
    }

    private static func kind(type: String, note: String?) -> Kind {
        switch type {
        case "str": return .text
        case "int": return .integer
        case "float": return .number
        case "bool": return .boolean
        default: break
        }
        if type.hasPrefix("Literal["), let values = PythonLiterals.values(in: type), !values.isEmpty { return .label(values) }
        if let list = note.flatMap({ text(after: "one of: ", in: $0) }) {
            return .label(list.split(separator: ";").map { .string(trimmed(String($0))) })
        }
        if let schema = note.flatMap({ text(after: "JSON schema: ", in: $0) }), let json = try? JSON(parsing: schema) {
            return .schema(json)
        }
        if type.hasPrefix("list") { return .schema(["type": "array", "items": ["type": "string"]]) }
        if type.hasPrefix("dict") { return .schema(["type": "object"]) }
        return .text
    }

    /// The labels among which this field chooses, spelled as they are written in an answer; empty for other kinds.
    var labels: [String] {
        switch kind {
        case .label(let values): values.map { PythonLiterals.spelling(of: $0) }
        case .boolean: ["True", "False"]
        default: []
        }
    }
}

/// The part of `text` behind the first `mark`; nil where it does not occur.
func text(after mark: String, in text: String) -> String? {
    text.firstRange(of: mark).map { String(text[$0.upperBound...]) }
}

/// `text` without white space at both ends.
func trimmed(_ text: String) -> String {
    var slice = text[...]
    while let first = slice.first, first.isWhitespace { slice.removeFirst() }
    while let last = slice.last, last.isWhitespace { slice.removeLast() }
    return String(slice)
}
