internal import JSON

extension String {
    /// PostgreSQL stores no NUL, neither in text nor as an escape in JSON: U+FFFD stands for it.
    var storable: String { utf8.contains(0) ? replacing("\0", with: "\u{FFFD}") : self }
}

extension JSON {
    /// Everything a plan reads comes from the store, so that it never sees the difference.
    var storable: JSON { holdsNUL ? replacingNUL : self }

    private var holdsNUL: Bool {
        switch self {
        case .string(let text): text.utf8.contains(0)
        case .array(let elements): elements.contains(where: \.holdsNUL)
        case .object(let object): object.keys.contains { $0.utf8.contains(0) } || object.values.contains(where: \.holdsNUL)
        case .null, .bool, .int, .double: false
        }
    }

    private var replacingNUL: JSON {
        switch self {
        case .string(let text): .string(text.storable)
        case .array(let elements): .array(elements.map(\.replacingNUL))
        case .object(let object): .object(JSONObject(object.map { ($0.key.storable, $0.value.replacingNUL) }))
        case .null, .bool, .int, .double: self
        }
    }
}
