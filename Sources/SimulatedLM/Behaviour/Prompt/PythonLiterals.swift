import JSON

/// The values of a type such as `Literal['a', "b's", 3, True]`, as Python prints it.
enum PythonLiterals {
    static func values(in type: String) -> [JSON]? {
        guard let open = type.firstIndex(of: "["), type.last == "]" else { return nil }
        var rest = type[type.index(after: open)...].dropLast()
        var values: [JSON] = []
        while let first = rest.first {
            if first == " " || first == "," {
                rest.removeFirst()
            } else if first == "'" || first == "\"" {
                guard let text = quoted(&rest, by: first) else { return nil }
                values.append(.string(text))
            } else {
                values.append(bare(String(rest.prefix { $0 != "," })))
                rest = rest.drop { $0 != "," }
            }
        }
        return values
    }

    static func spelling(of value: JSON) -> String {
        switch value {
        case .string(let text): text
        case .bool(let flag): flag ? "True" : "False"
        case .null: "None"
        default: value.serialized()
        }
    }

    private static func quoted(_ rest: inout Substring, by quote: Character) -> String? {
        rest.removeFirst()
        var text = ""
        while let character = rest.popFirst() {
            if character == quote { return text }
            if character == "\\", let escaped = rest.popFirst() {
                text.append(escaped == "n" ? "\n" : escaped)
            } else {
                text.append(character)
            }
        }
        return nil
    }

    private static func bare(_ text: String) -> JSON {
        switch trimmed(text) {
        case "True": .bool(true)
        case "False": .bool(false)
        case "None": .null
        case let other: Int(other).map { .int($0) } ?? Double(other).map { .double($0) } ?? .string(other)
        }
    }
}
