internal import JSON

extension FieldType {
    /// The type of a field whose values are of a Swift type: numbers, text, Booleans, `Optional`, arrays, dictionaries with text
    /// keys, enumerations of texts or integers that are `CaseIterable` (a Literal), structures (an object type of their
    /// properties), and what wraps one of these (a `UUID` is a text).
    ///
    /// A structure is asked for its properties by decoding it from made-up values; what its own `init(from:)` does beyond
    /// reading them is not seen. Where a type contains itself, the inner one is Any.
    /// - Precondition: the type is one of these, all the way down: not a `Date`, not an enumeration with associated values.
    public static func of(_ type: any Decodable.Type) -> FieldType {
        do throws(UnusableType) {
            return try swiftType(type)
        } catch {
            preconditionFailure(error.description)
        }
    }

    /// - Parameter path: the structures around the type.
    static func swiftType(_ type: any Decodable.Type, within path: [any Decodable.Type] = []) throws(UnusableType) -> FieldType {
        switch type {
        case is String.Type: return .string
        case is Bool.Type: return .bool
        case is any FixedWidthInteger.Type: return .int
        case is any BinaryFloatingPoint.Type: return .float
        case is JSON.Type: return .any
        case let wrapper as any OptionalType.Type: return .optional(try part(wrapper.wrapped, of: type, path))
        case let list as any ListType.Type: return .list(try part(list.element, of: type, path))
        case let map as any MapType.Type:
            guard map.hasTextKeys else { throw UnusableType(type, "its keys are not of the type String") }
            return .dict(.string, try part(map.value, of: type, path))
        default: break
        }
        if let values = literals(of: type) { return .literal(values) }
        if let reason = UnusableType.reason(against: type) { throw UnusableType(type, reason) }
        return path.contains { $0 == type } ? .any : try PropertyProbe.type(of: type, within: path)
    }

    private static func part(
        _ part: (any Decodable.Type)?, of whole: any Decodable.Type, _ path: [any Decodable.Type]
    ) throws(UnusableType) -> FieldType {
        guard let part else { throw UnusableType(whole, "what it holds is not Decodable") }
        return try swiftType(part, within: path)
    }

    private static func literals(of type: Any.Type) -> [JSON]? {
        guard let type = type as? any (CaseIterable & RawRepresentable).Type else { return nil }
        return rawValues(of: type)
    }

    private static func rawValues<Value: CaseIterable & RawRepresentable>(of type: Value.Type) -> [JSON]? {
        let values = type.allCases.compactMap { value -> JSON? in
            switch value.rawValue {
            case let text as String: .string(text)
            case let number as any FixedWidthInteger: Int(exactly: number).map { .int($0) }
            default: nil
            }
        }
        return values.isEmpty || values.count != type.allCases.count ? nil : values
    }
}

/// A Swift type that no field can have.
struct UnusableType: Error, CustomStringConvertible {
    private let type: String
    private let reason: String
    /// From the structure that was looked at to the value of the type.
    private var path: [String] = []

    init(_ type: any Decodable.Type, _ reason: String) {
        self.type = "\(type)"
        self.reason = reason
    }

    func under(_ property: String) -> UnusableType {
        var error = self
        error.path.insert(property, at: 0)
        return error
    }

    var description: String {
        "\(path.isEmpty ? "" : "property \(path.joined(separator: ".")): ")\(type) can't be the type of a field: \(reason)"
    }

    /// Why a type of the standard libraries that could be decoded makes no field all the same.
    static func reason(against type: any Decodable.Type) -> String? {
        let name = String(reflecting: type).split(separator: ".").last.map(String.init)
        guard String(reflecting: type).hasPrefix("Foundation") else { return nil }
        switch name {
        case "Date":
            return "its form would be seconds since 2001, which no model writes; use a String such as 2026-01-31T12:00:00Z"
        case "DateComponents", "DateInterval": return "models write dates as text; use a String such as 2026-01-31"
        case "Data": return "models write no bytes; use a String"
        case "URL": return "its form would be its parts; use a String"
        case "Decimal": return "its form would be its binary parts; use a Double or a String"
        default: return nil
        }
    }
}

private protocol OptionalType { static var wrapped: (any Decodable.Type)? { get } }
private protocol ListType { static var element: (any Decodable.Type)? { get } }
private protocol MapType {
    static var value: (any Decodable.Type)? { get }
    static var hasTextKeys: Bool { get }
}

extension Optional: OptionalType { fileprivate static var wrapped: (any Decodable.Type)? { Wrapped.self as? any Decodable.Type } }
extension Array: ListType { fileprivate static var element: (any Decodable.Type)? { Element.self as? any Decodable.Type } }
extension Set: ListType { fileprivate static var element: (any Decodable.Type)? { Element.self as? any Decodable.Type } }
extension Dictionary: MapType {
    fileprivate static var value: (any Decodable.Type)? { Value.self as? any Decodable.Type }
    fileprivate static var hasTextKeys: Bool { Key.self == String.self }
}
