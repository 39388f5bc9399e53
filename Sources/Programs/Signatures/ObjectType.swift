public import JSON

/// An object with named properties: what a Pydantic model is to DSPy.
public struct ObjectType: Sendable, Hashable {
    /// One property: a field of a Pydantic model.
    public struct Property: Sendable, Hashable {
        /// As the type calls it.
        public var name: String
        /// Of its values.
        public var type: FieldType
        /// What it means; nil: its name says it.
        public var description: String?
        /// What stands for the property when it is missing; without it the property is required.
        public var defaultValue: JSON?

        /// A property; one with a default may be missing.
        public init(name: String, type: FieldType, description: String? = nil, defaultValue: JSON? = nil) {
            self.name = name
            self.type = type
            self.description = description
            self.defaultValue = defaultValue
        }
    }

    /// The name that the prompt shows, such as `Item`.
    public var name: String
    /// In their order.
    public var properties: [Property]

    /// An object's name and properties, in their order.
    public init(name: String, properties: [Property]) {
        self.name = name
        self.properties = properties
    }

    /// The bare word `object` of a signature: any object, until a field's `properties` say more.
    public static let open = ObjectType(name: "object", properties: [])

    /// Whether it says nothing of its properties.
    public var isOpen: Bool { self == Self.open }
}
