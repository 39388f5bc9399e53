internal import JSON

/// What is said of text with a U+0000, which PostgreSQL stores in no form.
let unstorableText = "holds the character U+0000, which cannot be stored; remove it"

extension JSON {
    /// Whether a string or a key of it, at any depth, holds a U+0000.
    var isUnstorable: Bool {
        switch self {
        case .string(let text): text.utf8.contains(0)
        case .array(let elements): elements.contains { $0.isUnstorable }
        case .object(let object): object.contains { $0.key.utf8.contains(0) || $0.value.isUnstorable }
        default: false
        }
    }
}
