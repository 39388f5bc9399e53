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

    /// What a field is for, told by its name.
    enum Purpose: Sendable {
        case reasoning, prefix, instruction, remark, query, answer
    }

    var name: String
    var kind: Kind
    var purpose: Purpose
    var description: String

    /// `type` is the Python type in the field list, `note` the hint behind the placeholder, if any.
    init(name: String, type: String, note: String?, description: String) {
        self.name = name
        self.description = description
        purpose = Self.purpose(name.lowercased())
        kind = Self.kind(type: type, note: note)
    }

    private static func purpose(_ name: String) -> Purpose {
        func named(_ parts: String...) -> Bool { parts.contains { name.contains($0) } }
        if named("reason", "rationale", "thought", "explanation", "justification") { return .reasoning }
        if named("prefix") { return .prefix }
        if named("instruction") { return .instruction }
        if named("observation", "summary", "description", "feedback", "analysis", "trend", "advice", "discussion") {
            return .remark
        }
        return named("query", "queries", "search") ? .query : .answer
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

extension FieldDeclaration {
    /// `text` as a value of this field; nil where it cannot be one.
    func value(from text: String) -> JSON? {
        switch kind {
        case .text: .string(text)
        case .integer: Extraction.numbers(in: text).last?.doubleValue.map { .int(Int(max(-1e15, min(1e15, $0)).rounded())) }
        case .number: Extraction.numbers(in: text).last?.doubleValue.map { .double($0) }
        case .label, .boolean: nil
        case .schema(let schema): schema["type"] == "array" && schema["items"]?["type"] == "string" ? [.string(text)] : nil
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
