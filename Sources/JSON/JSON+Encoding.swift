extension JSON {
    /// `value` as JSON; the members of an object are in the order in which it encodes them, which for a type whose coding the
    /// compiler writes is that of its properties.
    /// - Throws: what `value` throws, and an `EncodingError` for a number that JSON can't hold.
    public init(encoding value: any Encodable) throws {
        if let json = value as? JSON {
            self = json
            return
        }
        let slot = Slot()
        try ValueEncoder(slot: slot, codingPath: []).encode(value)
        self = slot.json
    }
}

/// A place in the document that is being built. The containers of the standard library's protocol are several views of one
/// such place, hence a reference.
private final class Slot {
    private enum Content {
        case value(JSON)
        case array([Slot])
        case object([(key: String, slot: Slot)])
    }

    private var content = Content.value(.null)

    func set(_ json: JSON) { content = .value(json) }

    func becomeArray() { if case .array = content {} else { content = .array([]) } }
    func becomeObject() { if case .object = content {} else { content = .object([]) } }

    var count: Int { if case .array(let slots) = content { slots.count } else { 0 } }

    func append() -> Slot {
        guard case .array(var slots) = content else { return Slot() }
        slots.append(Slot())
        content = .array(slots)
        return slots[slots.count - 1]
    }

    func member(_ key: String) -> Slot {
        guard case .object(var members) = content else { return Slot() }
        if let member = members.first(where: { $0.key == key }) { return member.slot }
        members.append((key, Slot()))
        content = .object(members)
        return members[members.count - 1].slot
    }

    var json: JSON {
        switch content {
        case .value(let json): json
        case .array(let slots): .array(slots.map(\.json))
        case .object(let members): .object(JSONObject(members.map { ($0.key, $0.slot.json) }))
        }
    }
}

private struct ValueEncoder: Encoder, SingleValueEncodingContainer {
    let slot: Slot
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        slot.becomeObject()
        return KeyedEncodingContainer(ObjectEncoder<Key>(slot: slot, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        slot.becomeArray()
        return ArrayEncoder(slot: slot, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func encodeNil() { slot.set(.null) }

    func encode(_ value: some Encodable) throws {
        switch value {
        case let json as JSON: slot.set(json)
        case let text as String: slot.set(.string(text))
        case let flag as Bool: slot.set(.bool(flag))
        case let number as any BinaryInteger & Encodable:
            guard let exact = Int(exactly: number) else { throw unencodable(value) }
            slot.set(.int(exact))
        case let number as any BinaryFloatingPoint & Encodable:
            let double = Double(number)
            guard double.isFinite else { throw unencodable(value) }
            slot.set(.double(double))
        default: try value.encode(to: self)
        }
    }

    private func unencodable(_ value: Any) -> EncodingError {
        EncodingError.invalidValue(value, .init(codingPath: codingPath, debugDescription: "JSON can't hold \(value)"))
    }
}

private struct ObjectEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let slot: Slot
    let codingPath: [any CodingKey]

    private func encoder(_ key: any CodingKey) -> ValueEncoder {
        ValueEncoder(slot: slot.member(key.stringValue), codingPath: codingPath + [key])
    }

    func encodeNil(forKey key: Key) { encoder(key).encodeNil() }
    func encode(_ value: some Encodable, forKey key: Key) throws { try encoder(key).encode(value) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        encoder(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { encoder(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { ValueEncoder(slot: slot.member("super"), codingPath: codingPath) }
    func superEncoder(forKey key: Key) -> any Encoder { encoder(key) }
}

private struct ArrayEncoder: UnkeyedEncodingContainer {
    let slot: Slot
    let codingPath: [any CodingKey]
    var count: Int { slot.count }

    private func encoder() -> ValueEncoder { ValueEncoder(slot: slot.append(), codingPath: codingPath) }

    func encodeNil() { encoder().encodeNil() }
    func encode(_ value: some Encodable) throws { try encoder().encode(value) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        encoder().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoder().unkeyedContainer() }
    func superEncoder() -> any Encoder { encoder() }
}
