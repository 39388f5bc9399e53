internal import JSON

/// Why a text is not a value of a type.
struct CastError: Error, Hashable, CustomStringConvertible {
    var description: String

    init(_ value: JSON, isNot type: FieldType) {
        description = "\(value.serialized(.python)) is not a valid \(type.pythonName)"
    }

    init(_ description: String) { self.description = description }
}

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
        if let value = try? JSON(parsing: text) { return value }
        if let value = TolerantJSON.firstValue(in: text) { return value }
        return PythonLiteral.value(of: text) ?? .string(text)
    }
}
