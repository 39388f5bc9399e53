internal import JSON

/// Finds what a type is made of by decoding it from made-up values and noting what it reads.
final class PropertyProbe {
    private let path: [any Decodable.Type]
    private let text: String
    private var properties: [ObjectType.Property] = []
    /// What a type reads that is no structure but wraps a value.
    private var wrapped: FieldType?
    private var problem: UnusableType?
    private var choosesByKey = false
    private var readsList = false

    /// The second is for types that take only certain texts; of these, UUID is the one that people use.
    private static let texts = ["", "00000000-0000-0000-0000-000000000000"]

    private init(path: [any Decodable.Type], text: String) {
        self.path = path
        self.text = text
    }

    /// The object type of a structure, or the type of the value that `type` wraps.
    /// - Parameter path: the structures around it.
    static func type(of type: any Decodable.Type, within path: [any Decodable.Type]) throws(UnusableType) -> FieldType {
        var last: PropertyProbe?
        for text in texts {
            let probe = PropertyProbe(path: path + [type], text: text)
            let isRead = (try? type.init(from: ProbeDecoder(probe: probe))) != nil
            if let problem = probe.problem { throw problem }
            if isRead, let found = probe.found(of: type) { return found }
            last = probe
        }
        // A text that only some other words fit; an enumeration tells which only if it is CaseIterable.
        if let wrapped = last?.wrapped, !(type is any RawRepresentable.Type) { return wrapped }
        throw UnusableType(type, last?.reason(of: type) ?? "")
    }

    private func found(of type: any Decodable.Type) -> FieldType? {
        properties.isEmpty ? wrapped : .object(ObjectType(name: "\(type)", properties: properties))
    }

    private func reason(of type: any Decodable.Type) -> String {
        if wrapped != nil {
            return "a model must be told its values; make it CaseIterable, with raw values that are texts or integers"
        }
        if choosesByKey {
            return """
                an enumeration needs raw values: write `enum \(type): String, Codable, CaseIterable`; in place of associated \
                values use a structure with optional properties
                """
        }
        if readsList { return "it is decoded from a list by its own code; use an array" }
        if let property = properties.last {
            return "its own code refuses made-up values after '\(property.name)'; make that optional"
        }
        return "it has no properties; a field of any form is of the type JSON"
    }

    // MARK: What the type reads

    fileprivate func note(_ name: String, _ type: any Decodable.Type, isOptional: Bool = false) throws(UnusableType) {
        guard !properties.contains(where: { $0.name == name }) else { return }
        let type = try checked(name) { () throws(UnusableType) in try FieldType.swiftType(type, within: path) }
        let optional = isOptional || type.allowsNone
        properties.append(
            ObjectType.Property(
                name: name, type: optional ? .optional(type) : type, defaultValue: optional ? JSON.null : Optional.none))
    }

    fileprivate func noteWrapped(_ type: any Decodable.Type) throws(UnusableType) {
        wrapped = try checked(nil) { () throws(UnusableType) in try FieldType.swiftType(type, within: path) }
    }

    fileprivate func noteKeys() { choosesByKey = true }
    fileprivate func noteList() { readsList = true }

    /// Keeps the error: the type's own code may hide it.
    private func checked(
        _ property: String?, _ look: () throws(UnusableType) -> FieldType
    ) throws(UnusableType) -> FieldType {
        do throws(UnusableType) {
            return try look()
        } catch {
            let error = property.map(error.under) ?? error
            problem = problem ?? error
            throw error
        }
    }

    // MARK: What it is given

    fileprivate func value<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let value: Any? =
            switch type {
            case is String.Type: text
            case is Bool.Type: false
            case let number as any FixedWidthInteger.Type: zero(number)
            case let number as any BinaryFloatingPoint.Type: zero(number)
            case is JSON.Type: JSON.null
            case let list as any ExpressibleByArrayLiteral.Type: empty(list)
            case let map as any ExpressibleByDictionaryLiteral.Type: empty(map)
            case let none as any ExpressibleByNilLiteral.Type: none.init(nilLiteral: ())
            case let cases as any CaseIterable.Type: first(cases)
            default: try made(type)
            }
        guard let value = value as? Value else { throw NoValue() }
        return value
    }

    private func zero<Number: FixedWidthInteger>(_ type: Number.Type) -> Any { Number.zero }
    private func zero<Number: BinaryFloatingPoint>(_ type: Number.Type) -> Any { Number.zero }
    private func empty<List: ExpressibleByArrayLiteral>(_ type: List.Type) -> Any { [] as List }
    private func empty<Map: ExpressibleByDictionaryLiteral>(_ type: Map.Type) -> Any { [:] as Map }
    private func first<Cases: CaseIterable>(_ type: Cases.Type) -> Any? { type.allCases.first }

    private func made<Value: Decodable>(_ type: Value.Type) throws -> Value {
        // A class may hold itself without end.
        guard path.count(where: { $0 == type }) < 2 else { throw NoValue() }
        for text in Self.texts {
            let probe = PropertyProbe(path: path + [type], text: text)
            if let value = try? Value(from: ProbeDecoder(probe: probe)) { return value }
        }
        throw NoValue()
    }
}

private struct NoValue: Error {}

private struct ProbeDecoder: Decoder {
    let probe: PropertyProbe
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(ProbeContainer<Key>(probe: probe))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        probe.noteList()
        throw NoValue()
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { ProbeValue(probe: probe) }
}

private struct ProbeValue: SingleValueDecodingContainer {
    let probe: PropertyProbe
    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try probe.noteWrapped(type)
        return try probe.value(type)
    }
}

private struct ProbeContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let probe: PropertyProbe
    var codingPath: [any CodingKey] { [] }

    var allKeys: [Key] {
        probe.noteKeys()
        return []
    }

    func contains(_ key: Key) -> Bool { true }
    func decodeNil(forKey key: Key) -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try probe.note(key.stringValue, type)
        return try probe.value(type)
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? { try absent(type, key) }

    // The compiler calls these, not the generic one, for properties of the basic types.
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try absent(type, key) }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { try absent(type, key) }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? { try absent(type, key) }
    func decodeIfPresent(_ type: Float.Type, forKey key: Key) throws -> Float? { try absent(type, key) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try absent(type, key) }
    func decodeIfPresent(_ type: Int8.Type, forKey key: Key) throws -> Int8? { try absent(type, key) }
    func decodeIfPresent(_ type: Int16.Type, forKey key: Key) throws -> Int16? { try absent(type, key) }
    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? { try absent(type, key) }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? { try absent(type, key) }
    func decodeIfPresent(_ type: UInt.Type, forKey key: Key) throws -> UInt? { try absent(type, key) }
    func decodeIfPresent(_ type: UInt8.Type, forKey key: Key) throws -> UInt8? { try absent(type, key) }
    func decodeIfPresent(_ type: UInt16.Type, forKey key: Key) throws -> UInt16? { try absent(type, key) }
    func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) throws -> UInt32? { try absent(type, key) }
    func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? { try absent(type, key) }

    private func absent<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value? {
        try probe.note(key.stringValue, type, isOptional: true)
        return nil
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<Nested> {
        throw NoValue()
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw NoValue() }
    func superDecoder() throws -> any Decoder { throw NoValue() }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw NoValue() }
}
