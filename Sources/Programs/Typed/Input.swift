internal import JSON

/// An input of a ``TypedSignature``: `@Input("what the customer wrote") var message: String`.
@propertyWrapper public struct Input<Value: Codable & Sendable>: Sendable, SignatureProperty {
    private let description: String?
    private let initial: Value?
    private var slot: FieldSlot<Value>

    /// - Parameter description: what the field means, for the model; nil: its name says it.
    public init(_ description: String? = nil) {
        self.description = description
        initial = nil
        slot = FieldSlot(nil)
    }

    /// With a default: `@Input("…") var language = "English"`.
    public init(wrappedValue: Value, _ description: String? = nil) {
        self.description = description
        initial = wrappedValue
        slot = FieldSlot(wrappedValue)
    }

    /// The field's value.
    /// - Precondition: it was set, by a call or an answer, or may be nil.
    public var wrappedValue: Value {
        get { slot.unwrapped }
        set { if isKnownUniquelyReferenced(&slot) { slot.set(newValue) } else { slot = FieldSlot(newValue) } }
    }

    var side: SignatureSide { .input }

    func field(named name: String) throws(UnusableType) -> Field {
        Field(
            name: name, type: try .swiftType(Value.self), description: description,
            defaultValue: initial.flatMap { try? JSON(encoding: $0) })
    }

    func json() throws -> JSON? { try slot.json() }
    func fill(from json: JSON) throws { slot.set(try json.decoded(as: Value.self)) }
}
