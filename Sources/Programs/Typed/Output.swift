internal import JSON

/// An output of a ``TypedSignature``: `@Output("one of the bank's intents") var intent: Intent`.
@propertyWrapper public struct Output<Value: Codable & Sendable>: Sendable, SignatureProperty {
    private let description: String?
    private let limits: FieldLimits
    private let initial: Value?
    private var slot: FieldSlot<Value>

    /// - Parameters:
    ///   - description: what the field means, for the model; nil: its name says it.
    ///   - range: the least and the greatest number that are allowed.
    ///   - maxLength: the greatest allowed number of characters, or of elements.
    public init(_ description: String? = nil, in range: ClosedRange<Double>? = nil, maxLength: Int? = nil) {
        self.init(nil, description, range, maxLength)
    }

    /// With the value that stands for a missing one: `@Output var tags: [String] = []`.
    public init(
        wrappedValue: Value, _ description: String? = nil, in range: ClosedRange<Double>? = nil, maxLength: Int? = nil
    ) {
        self.init(wrappedValue, description, range, maxLength)
    }

    private init(_ value: Value?, _ description: String?, _ range: ClosedRange<Double>?, _ maxLength: Int?) {
        var limits = JSONObject()
        if let range { (limits["ge"], limits["le"]) = (.bound(range.lowerBound), .bound(range.upperBound)) }
        if let maxLength { limits["max_length"] = .int(maxLength) }
        self.description = description
        self.limits = FieldLimits(limits)
        initial = value
        slot = FieldSlot(value)
    }

    /// The field's value.
    /// - Precondition: it was set, by a call or an answer, or may be nil.
    public var wrappedValue: Value {
        get { slot.unwrapped }
        set { if isKnownUniquelyReferenced(&slot) { slot.set(newValue) } else { slot = FieldSlot(newValue) } }
    }

    var side: SignatureSide { .output }

    func field(named name: String) throws(UnusableType) -> Field {
        Field(
            name: name, type: try .swiftType(Value.self), description: description, limits: limits,
            defaultValue: initial.flatMap { try? JSON(encoding: $0) })
    }

    func json() throws -> JSON? { try slot.json() }
    func fill(from json: JSON) throws { slot.set(try json.decoded(as: Value.self)) }
}

extension JSON {
    /// Without a fraction where there is none: the prompt says `1`, not `1.0`.
    fileprivate static func bound(_ value: Double) -> JSON { Int(exactly: value).map(JSON.int) ?? .double(value) }
}
