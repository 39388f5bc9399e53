public import JSON

/// An input or output of a signature.
public struct Field: Sendable, Hashable {
    /// An identifier of Python's, unique in its signature.
    public var name: String
    /// Of its values.
    public var type: FieldType
    /// What the field means; nil is DSPy's default, written `${name}` in a state file and left out of the prompt.
    public var description: String?
    /// Of its values, for an output.
    public var limits: FieldLimits
    /// What stands for a missing value.
    public var defaultValue: JSON?
    /// `Name:`, kept in state files; it never reaches a chat prompt.
    public var prefix: String

    /// A field by its name; a text, unless `type` says otherwise.
    public init(
        name: String, type: FieldType = .string, description: String? = nil, limits: FieldLimits = FieldLimits(),
        defaultValue: JSON? = nil, prefix: String? = nil
    ) {
        self.name = name
        self.type = type
        self.description = description == "${\(name)}" ? nil : description
        self.limits = limits
        self.defaultValue = defaultValue
        self.prefix = prefix ?? humanisedName(name) + ":"
    }

    /// Whether an answer without this output field is complete.
    public var isOptional: Bool { defaultValue != nil || type.allowsNone }

    /// What stands for the field when an answer lacks it; nil where it is required.
    var fallback: JSON? {
        if let defaultValue { return defaultValue }
        return type.allowsNone ? JSON.null : Optional.none
    }
}
