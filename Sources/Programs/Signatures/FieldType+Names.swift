internal import JSON

extension FieldType {
    /// A type in DSPy's shorthand: `list[str]`, `Optional[int]`, `Literal['a', 'b']`, `int | None`.
    /// - Throws: ``SignatureError`` naming the nearest known type.
    public init(parsing text: String) throws(SignatureError) {
        var parser = SignatureParser(text)
        self = try parser.type()
    }

    private static let simple: [String: FieldType] = [
        "str": .string, "int": .int, "float": .float, "bool": .bool, "Any": .any, "None": .none, "NoneType": .none,
        "list": .list(nil), "List": .list(nil), "dict": .dict(nil, nil), "Dict": .dict(nil, nil),
        "tuple": .tuple(nil), "Tuple": .tuple(nil), "object": .object(.open),
    ]

    private static let generics = ["list", "List", "dict", "Dict", "tuple", "Tuple", "Optional", "Union", "Literal"]

    /// What people write who think of another language.
    private static let foreign = [
        "string": "str", "text": "str", "String": "str", "integer": "int", "number": "float", "double": "float",
        "boolean": "bool", "array": "list", "map": "dict", "enum": "Literal", "Enum": "Literal", "set": "list",
        "frozenset": "list", "null": "None", "any": "Any", "datetime": "str", "date": "str",
    ]

    static func bare(_ name: String) throws(SignatureError) -> FieldType {
        if let type = simple[name] { return type }
        if generics.contains(name) { throw SignatureError("\(name) needs arguments: \(name)[…]") }
        throw unknown(name)
    }

    static func generic(_ name: String, _ types: [FieldType], isVariadic: Bool) throws(SignatureError) -> FieldType {
        guard !isVariadic || (name.lowercased() == "tuple" && types.count == 1) else {
            throw SignatureError("'...' belongs only into tuple[T, ...]")
        }
        func demand(_ count: Int) throws(SignatureError) {
            guard types.count == count else {
                throw SignatureError("\(name) takes \(count) type(s) in brackets, not \(types.count)")
            }
        }
        switch name {
        case "list", "List":
            try demand(1)
            return .list(types[0])
        case "dict", "Dict":
            try demand(2)
            return .dict(types[0], types[1])
        case "tuple", "Tuple":
            guard !types.isEmpty else { throw SignatureError("tuple[] needs at least one type") }
            return isVariadic ? .variadicTuple(types[0]) : .tuple(types)
        case "Optional":
            try demand(1)
            return .optional(types[0])
        case "Union":
            guard !types.isEmpty else { throw SignatureError("Union[] needs at least one type") }
            return .makeUnion(types)
        default:
            if simple[name] != nil { throw SignatureError("\(name) takes no types in brackets") }
            throw unknown(name)
        }
    }

    private static func unknown(_ name: String) -> SignatureError {
        let known = simple.keys.sorted() + generics.filter { simple[$0] == nil }
        let hint = (foreign[name] ?? nearestName(to: name, in: known)).map { "; did you mean '\($0)'?" } ?? ";"
        return SignatureError(
            "unknown type '\(name)'\(hint) Known: str, int, float, bool, list, dict, tuple, object, Any, None, "
                + "Optional, Union, Literal"
        )
    }
}
