public import JSON

/// A signature as a Swift type: its wrapped properties are the inputs and outputs, in their order and with their types.
///
///     enum Intent: String, Codable, CaseIterable { case lostCard, transfer, exchange }
///
///     struct Classify: TypedSignature {
///         static let instructions = "Classify the customer's query."
///         @Input("what the customer wrote") var message: String
///         @Output("what the customer wants") var intent: Intent
///         @Output(in: 1...5) var urgency: Int
///     }
///
///     let classify = Classify.predict()
///     let answer = try await classify(message: "My card is gone")   // a Classify
///     if answer.intent == .lostCard { … }
///
/// A field may be of any `Codable` type: text, numbers, Booleans, enumerations of texts (a Literal), optionals, arrays,
/// dictionaries, and structures of these. Its name is the property's, as it stands.
public protocol TypedSignature: Sendable {
    /// With no field set but those that have a default.
    init()

    /// What the model is asked to do; empty: DSPy's default sentence, which names the fields.
    static var instructions: String { get }
}

extension TypedSignature {
    /// Empty: DSPy's default sentence.
    public static var instructions: String { "" }

    /// The signature as a value.
    /// - Precondition: every stored property is an `@Input` or `@Output` of a type that ``FieldType/of(_:)`` takes, and none has
    ///   a name that Python reserves.
    public static var signature: Signature { SignatureCache.shared.signature(of: Self.self) }

    /// Read from the properties.
    static func reflected() throws(SignatureError) -> Signature {
        let properties = Self().properties
        for child in Mirror(reflecting: Self()).children where !(child.value is any SignatureProperty) {
            throw SignatureError("property '\(child.label ?? "")' is neither @Input nor @Output")
        }
        var (inputs, outputs): ([Field], [Field]) = ([], [])
        for (name, property) in properties {
            try SignatureParser.check(fieldName: name)
            let field: Field
            do throws(UnusableType) { field = try property.field(named: name) } catch {
                throw SignatureError("field '\(name)': \(error)")
            }
            if property.side == .input { inputs.append(field) } else { outputs.append(field) }
        }
        guard !outputs.isEmpty else { throw SignatureError("it has no @Output") }
        return try Signature(inputs: inputs, outputs: outputs, instructions: instructions)
    }

    /// The values of the fields that are set.
    public var values: JSONObject {
        get throws {
            JSONObject(try properties.compactMap { name, property in try property.json().map { (name, $0) } })
        }
    }

    /// A signature whose fields have the values of `values`; others keep their defaults.
    /// - Throws: a ``RunFailure`` of kind `type` naming the field whose value is of another type.
    public init(values: JSONObject) throws {
        self.init()
        for (name, property) in properties {
            guard let value = values[name] else { continue }
            do { try property.fill(from: value) } catch {
                throw RunFailure(
                    fault: .program, kind: "type",
                    message: "field '\(name)' of \(Self.self): \(value.serialized()) does not fit: \(error)")
            }
        }
    }

    /// Reflection names a wrapped property with an underscore before it.
    private var properties: [(name: String, property: any SignatureProperty)] {
        Mirror(reflecting: self).children.compactMap { child in
            guard let label = child.label, label.hasPrefix("_"), let property = child.value as? any SignatureProperty else {
                return nil
            }
            return (String(label.dropFirst()), property)
        }
    }
}
