/// A parameter of a statement, sent in text format: the SQL gives it its type (`$1::jsonb`).
package enum PostgresValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case text(String)
    /// A JSON document as text, for `json` and `jsonb`.
    case json(String)
    case bytes([UInt8])
    case intArray([Int])
    case doubleArray([Double])
    case textArray([String?])

    package static func text(_ value: String?) -> PostgresValue { value.map { .text($0) } ?? .null }
    package static func int(_ value: Int?) -> PostgresValue { value.map { .int($0) } ?? .null }
    package static func double(_ value: Double?) -> PostgresValue { value.map { .double($0) } ?? .null }

    /// PostgreSQL's text form; nil for NULL.
    var textForm: String? {
        switch self {
        case .null: nil
        case .bool(let value): value ? "t" : "f"
        case .int(let value): String(value)
        case .double(let value): Self.textForm(value)
        case .text(let value), .json(let value): value
        case .bytes(let value): Self.textForm(value)
        case .intArray(let values): "{" + values.map { String($0) }.joined(separator: ",") + "}"
        case .doubleArray(let values): "{" + values.map(Self.textForm).joined(separator: ",") + "}"
        case .textArray(let values): ArrayText.encode(values)
        }
    }

    private static func textForm(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return value.description
    }

    private static func textForm(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text = Array("\\x".utf8)
        text.reserveCapacity(2 + 2 * bytes.count)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
