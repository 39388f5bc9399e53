public import JSON

/// The type of a field, in the vocabulary of DSPy's string signatures (Python annotations).
public indirect enum FieldType: Sendable, Hashable {
    /// Python's `str`.
    case string
    /// An integer of 64 bits.
    case int
    /// A number.
    case float
    /// True or false.
    case bool
    /// Any value at all.
    case any
    /// Python's `None`.
    case none
    /// One of these values, in this order.
    case literal([JSON])
    /// A list; nil where the elements are not typed.
    case list(FieldType?)
    /// An object with free keys; nil where a side is not typed.
    case dict(FieldType?, FieldType?)
    /// A list of fixed length; nil where the elements are not typed.
    case tuple([FieldType]?)
    /// A list of any length that Python holds as a tuple: `tuple[int, ...]`.
    case variadicTuple(FieldType)
    /// Any of these, already flat and without repetition.
    case union([FieldType])
    /// An object with properties of its own types; `object` in the shorthand.
    case object(ObjectType)
}

extension FieldType {
    /// `Optional[type]`.
    public static func optional(_ type: FieldType) -> FieldType { .makeUnion([type, .none]) }

    /// A union as Python builds it: flattened, without repetition; of one member, that member.
    public static func makeUnion(_ members: [FieldType]) -> FieldType {
        var flat: [FieldType] = []
        var seen: Set<FieldType> = []
        for member in members {
            let parts = if case .union(let inner) = member { inner } else { [member] }
            for part in parts where seen.insert(part).inserted { flat.append(part) }
        }
        return flat.count == 1 ? flat[0] : .union(flat)
    }

    /// Whether `None` is one of the values, which makes an output field optional.
    public var allowsNone: Bool {
        switch self {
        case .none: true
        case .union(let members): members.contains(where: \.allowsNone)
        default: false
        }
    }

    /// The type as DSPy prints it in a prompt: `Union[str, NoneType]`, `dict[str, list[int]]`.
    public var pythonName: String {
        switch self {
        case .string: "str"
        case .int: "int"
        case .float: "float"
        case .bool: "bool"
        case .any: "Any"
        case .none: "NoneType"
        case .literal(let values): "Literal[\(values.map(Self.literalName).joined(separator: ", "))]"
        case .list(nil): "list"
        case .list(let element?): "list[\(element.pythonName)]"
        case .dict(let key?, let value?): "dict[\(key.pythonName), \(value.pythonName)]"
        case .dict: "dict"
        case .tuple(nil): "tuple"
        case .tuple(let members?): "tuple[\(members.map(\.pythonName).joined(separator: ", "))]"
        case .variadicTuple(let element): "tuple[\(element.pythonName), Ellipsis]"
        case .union(let members): "Union[\(members.map(\.pythonName).joined(separator: ", "))]"
        case .object(let object): object.isOpen ? "dict" : object.name
        }
    }

    /// A member of a Literal; DSPy quotes strings without escaping anything but the quote itself.
    private static func literalName(_ value: JSON) -> String {
        guard case .string(let text) = value else { return pythonText(of: value) }
        guard text.contains(scalar: "'") else { return "'\(text)'" }
        return text.contains(scalar: "\"") ? "'\(text.replacing(scalar: "'", with: "\\'"))'" : "\"\(text)\""
    }
}
