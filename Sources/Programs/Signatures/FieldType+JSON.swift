internal import JSON

/// Types as JSON: `"int"`, `{"list": "str"}`, `{"literal": ["a", "b"]}`; every string of a Literal survives unchanged.
extension FieldType {
    var json: JSON {
        switch self {
        case .string, .int, .float, .bool, .any, .none, .list(nil), .tuple(nil): .string(pythonName)
        case .literal(let values): ["literal": .array(values)]
        case .list(let element?): ["list": element.json]
        case .dict(let key?, let value?): ["dict": [key.json, value.json]]
        case .dict: "dict"
        case .tuple(let members?): ["tuple": .array(members.map(\.json))]
        case .variadicTuple(let element): ["variadic": element.json]
        case .union(let members): ["union": .array(members.map(\.json))]
        case .object(let object) where object.isOpen: "object"
        case .object(let object): ["object": object.json]
        }
    }

    init(json: JSON, path: JSONPath) throws(Diagnostic) {
        func list(_ value: JSON) throws(Diagnostic) -> [FieldType] {
            var types: [FieldType] = []
            for element in value.arrayValue ?? [] { types.append(try FieldType(json: element, path: path)) }
            return types
        }
        if let name = json.stringValue {
            do throws(SignatureError) { self = try FieldType(parsing: name) } catch { throw Diagnostic(path, error.message) }
            return
        }
        guard let member = json.objectValue?.first(where: { _ in true }) else { throw Diagnostic(path, "expected a type") }
        switch member.key {
        case "literal": self = .literal(member.value.arrayValue ?? [])
        case "list": self = .list(try FieldType(json: member.value, path: path))
        case "variadic": self = .variadicTuple(try FieldType(json: member.value, path: path))
        case "tuple": self = .tuple(try list(member.value))
        case "union": self = .union(try list(member.value))
        case "dict":
            let sides = try list(member.value)
            guard sides.count == 2 else { throw Diagnostic(path, "a dict has a key and a value type") }
            self = .dict(sides[0], sides[1])
        case "object": self = .object(try ObjectType(json: member.value, path: path))
        default: throw Diagnostic(path, "unknown type '\(member.key)'")
        }
    }
}

extension ObjectType {
    var json: JSON {
        let properties = properties.map { property -> JSON in
            var members: JSONObject = ["name": .string(property.name), "type": property.type.json]
            members["description"] = property.description.map { .string($0) }
            members["default"] = property.defaultValue
            return .object(members)
        }
        return ["name": .string(name), "properties": .array(properties)]
    }

    init(json: JSON, path: JSONPath) throws(Diagnostic) {
        guard let name = json["name"]?.stringValue, let list = json["properties"]?.arrayValue else {
            throw Diagnostic(path, "an object type has a name and properties")
        }
        var properties: [Property] = []
        for (index, entry) in list.enumerated() {
            let path = path.appending("properties").appending(index)
            guard let name = entry["name"]?.stringValue, let type = entry["type"] else {
                throw Diagnostic(path, "a property has a name and a type")
            }
            properties.append(
                Property(
                    name: name, type: try FieldType(json: type, path: path), description: entry["description"]?.stringValue,
                    defaultValue: entry["default"]))
        }
        self.init(name: name, properties: properties)
    }
}
