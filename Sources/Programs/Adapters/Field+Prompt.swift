internal import JSON

extension FieldType {
    /// What the prompt says about how an output must be written; nil for text.
    var hint: String? {
        switch self {
        case .string: nil
        case .bool: "must be True or False"
        case .int, .float: "must be a single \(pythonName) value"
        case .literal(let values):
            "must exactly match (no extra characters) one of: \(values.map(pythonText(of:)).joined(separator: "; "))"
        default: "must adhere to the JSON schema: \(schema.serialized(.python))"
        }
    }
}

extension Field {
    /// A value as it stands in a prompt.
    func text(of value: JSON) -> String {
        guard type == .string, case .array(let items) = value else { return pythonText(of: value) }
        switch items.count {
        case 0: return "N/A"
        case 1: return Self.passage(items[0])
        default:
            return items.enumerated().map { index, item in "[\(index + 1)] \(Self.passage(item))" }.joined(separator: "\n")
        }
    }

    /// One of several texts given for a text field: in guillemets, or as a block where those would be ambiguous.
    private static func passage(_ item: JSON) -> String {
        let text = pythonText(of: item)
        guard text.unicodeScalars.contains(where: { $0 == "\n" || $0 == "«" || $0 == "»" }) else { return "«\(text)»" }
        return "«««\n    \(text.replacing(scalar: "\n", with: "\n    "))\n»»»"
    }
}
