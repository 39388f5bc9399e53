internal import JSON

/// A value as Python's `str()` prints what `json.loads` makes of it: `{'k': [1, None]}`. A prompt shows lists and objects as
/// JSON instead, see ``pythonText(of:)``.
func pythonString(of value: JSON) -> String {
    if case .string(let text) = value { return text }
    var text = String.UnicodeScalarView()
    appendRepresentation(of: value, to: &text)
    return String(text)
}

/// Python's `repr()`.
private func appendRepresentation(of value: JSON, to text: inout String.UnicodeScalarView) {
    switch value {
    case .string(let content): appendRepresentation(of: content, to: &text)
    case .array(let elements):
        text.append(contentsOf: "[".unicodeScalars)
        for (index, element) in elements.enumerated() {
            if index > 0 { text.append(contentsOf: ", ".unicodeScalars) }
            appendRepresentation(of: element, to: &text)
        }
        text.append(contentsOf: "]".unicodeScalars)
    case .object(let members):
        text.append(contentsOf: "{".unicodeScalars)
        for (index, member) in members.enumerated() {
            if index > 0 { text.append(contentsOf: ", ".unicodeScalars) }
            appendRepresentation(of: member.key, to: &text)
            text.append(contentsOf: ": ".unicodeScalars)
            appendRepresentation(of: member.value, to: &text)
        }
        text.append(contentsOf: "}".unicodeScalars)
    default: text.append(contentsOf: pythonText(of: value).unicodeScalars)
    }
}

private func appendRepresentation(of content: String, to text: inout String.UnicodeScalarView) {
    let quote: Unicode.Scalar = content.contains(scalar: "'") && !content.contains(scalar: "\"") ? "\"" : "'"
    text.append(quote)
    for scalar in content.unicodeScalars {
        switch scalar {
        case "\\": text.append(contentsOf: "\\\\".unicodeScalars)
        case "\n": text.append(contentsOf: "\\n".unicodeScalars)
        case "\r": text.append(contentsOf: "\\r".unicodeScalars)
        case "\t": text.append(contentsOf: "\\t".unicodeScalars)
        case quote:
            text.append(contentsOf: "\\".unicodeScalars)
            text.append(quote)
        default:
            if scalar.isPythonPrintable { text.append(scalar) } else { text.append(contentsOf: escape(scalar).unicodeScalars) }
        }
    }
    text.append(quote)
}

private func escape(_ scalar: Unicode.Scalar) -> String {
    let (mark, width) = scalar.value < 0x100 ? ("\\x", 2) : scalar.value < 0x10000 ? ("\\u", 4) : ("\\U", 8)
    let digits = String(scalar.value, radix: 16)
    return mark + String(repeating: "0", count: width - digits.count) + digits
}

extension Unicode.Scalar {
    /// `str.isprintable`.
    fileprivate var isPythonPrintable: Bool {
        if isASCII { return (0x20..<0x7F).contains(value) }
        return switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator: false
        default: true
        }
    }
}
