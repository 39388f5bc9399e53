internal import JSON

extension FieldType {
    /// The value that a model's text stands for, by DSPy's rules: text as it is, a Literal exactly (but for quotes), anything
    /// else as tolerant JSON, else a Python literal, else the text itself, validated as Pydantic's lax mode does.
    func cast(_ text: String) throws(CastError) -> JSON {
        if self == .string { return .string(text) }
        if case .union(let members) = self, members.contains(.none), members.contains(.string) { return .string(text) }
        if case .literal(let allowed) = self {
            let bare = Self.unwrappingLiteral(text)
            for candidate in [text, bare] {
                if let match = allowed.first(where: { $0.stringValue == candidate }) { return match }
            }
            return try validated(Self.value(in: bare))
        }
        return try validated(Self.value(in: text))
    }

    /// The value that a member of a model's JSON object stands for: a text as any text, another kind of value as it is, but
    /// as Python prints it where text is wanted.
    func cast(_ value: JSON) throws(CastError) -> JSON {
        if case .string(let text) = value { return try cast(text) }
        if self == .string { return .string(pythonString(of: value)) }
        return try validated(value)
    }

    /// `Literal['card']`, `"card"` → `card`.
    private static func unwrappingLiteral(_ text: String) -> String {
        var bare = text.pythonStripped
        if bare.hasPrefix("Literal[") || bare.hasPrefix("str["), bare.hasSuffix("]"), let open = bare.firstIndex(of: "[") {
            bare = String(bare[bare.index(after: open)...].dropLast())
        }
        let scalars = bare.unicodeScalars
        if scalars.count > 1, scalars.first == scalars.last, let quote = scalars.first, quote == "'" || quote == "\"" {
            bare = scalars.dropFirst().dropLast().text
        }
        return bare
    }

    private static func value(in text: String) -> JSON {
        TolerantJSON.value(in: text) ?? PythonLiteral.value(of: text) ?? .string(text)
    }
}
