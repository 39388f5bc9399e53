internal import JSON

/// Why a value is not one of a type. Its words are made only when asked for: a union tries many types.
enum CastError: Error, Hashable, CustomStringConvertible {
    case wrongType(JSON, FieldType)
    case notAllowed(JSON, [JSON])
    case lacksProperty(object: String, property: String)
    case outsideLimit(JSON, limit: String)

    var description: String {
        switch self {
        case .wrongType(let value, let type): "\(Self.quotation(of: value.serialized(.python))) is not a valid \(type.pythonName)"
        case .notAllowed(let value, let allowed):
            "\(Self.quotation(of: pythonText(of: value))) is not one of: \(allowed.map(pythonText(of:)).joined(separator: "; "))"
        case .lacksProperty(let object, let property): "\(object) lacks '\(property)'"
        case .outsideLimit(let value, let limit):
            "\(Self.quotation(of: value.serialized(.python))) is outside the limit '\(limit)'"
        }
    }

    /// A value may be as long as the answer; the answer is kept whole elsewhere.
    private static func quotation(of text: String) -> String {
        let scalars = text.unicodeScalars
        guard let end = scalars.index(scalars.startIndex, offsetBy: 200, limitedBy: scalars.endIndex), end < scalars.endIndex
        else {
            return text
        }
        return "\(String(scalars[..<end]))… (\(scalars.count) characters)"
    }
}
