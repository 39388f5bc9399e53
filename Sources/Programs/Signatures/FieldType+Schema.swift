public import JSON

extension FieldType {
    /// The JSON schema as DSPy prints it: Pydantic's, with `type` before the other keys and those sorted.
    public var schema: JSON { Self.typeFirst(orderedSchema) }

    /// The JSON schema with properties in the order of their declaration.
    var orderedSchema: JSON {
        var definitions: [String: ObjectType] = [:]
        collectDefinitions(into: &definitions)
        if case .object(let object) = self, !object.isOpen { definitions[object.name] = nil }
        var schema = isInlineObject ? objectSchema : inlineSchema
        if !definitions.isEmpty {
            let sorted = definitions.sorted { $0.key < $1.key }
            schema["$defs"] = .object(JSONObject(sorted.map { ($0.key, .object(FieldType.object($0.value).objectSchema)) }))
        }
        return .object(schema)
    }

    private var isInlineObject: Bool { if case .object(let object) = self { !object.isOpen } else { false } }

    private static func typeFirst(_ value: JSON) -> JSON {
        switch value {
        case .object(let members):
            func precedes(_ a: String, _ b: String) -> Bool {
                a == "type" || b == "type"
                    ? a == "type" && b != "type" : a.unicodeScalars.lexicographicallyPrecedes(b.unicodeScalars)
            }
            return .object(JSONObject(members.sorted { precedes($0.key, $1.key) }.map { ($0.key, typeFirst($0.value)) }))
        case .array(let elements): return .array(elements.map(typeFirst))
        default: return value
        }
    }

    /// The types directly inside this one.
    var parts: [FieldType] {
        switch self {
        case .list(let element?), .variadicTuple(let element): [element]
        case .dict(let key?, let value?): [key, value]
        case .tuple(let members?), .union(let members): members
        case .object(let object): object.properties.map(\.type)
        default: []
        }
    }

    private func collectDefinitions(into definitions: inout [String: ObjectType]) {
        if case .object(let object) = self, !object.isOpen { definitions[object.name] = object }
        for part in parts { part.collectDefinitions(into: &definitions) }
    }

    private var inlineSchema: JSONObject {
        switch self {
        case .string: ["type": "string"]
        case .int: ["type": "integer"]
        case .float: ["type": "number"]
        case .bool: ["type": "boolean"]
        case .any: [:]
        case .none: ["type": "null"]
        case .literal(let values): Self.literalSchema(values)
        case .list(let element): ["type": "array", "items": .object(element?.inlineSchema ?? [:])]
        case .variadicTuple(let element): ["type": "array", "items": .object(element.inlineSchema)]
        case .tuple(nil): ["type": "array", "items": [:]]
        case .tuple(let members?):
            [
                "type": "array", "minItems": .int(members.count), "maxItems": .int(members.count),
                "prefixItems": .array(members.map { .object($0.inlineSchema) }),
            ]
        case .dict(let key, let value): Self.dictSchema(key: key, value: value)
        case .union(let members): Self.unionSchema(members)
        case .object(let object):
            object.isOpen ? Self.dictSchema(key: nil, value: nil) : ["$ref": .string("#/$defs/\(object.name)")]
        }
    }

    private static func literalSchema(_ values: [JSON]) -> JSONObject {
        var schema: JSONObject = values.count == 1 ? ["const": values[0]] : ["enum": .array(values)]
        let names = Set(values.map { $0.schemaTypeName })
        if let name = names.first, names.count == 1 { schema["type"] = name.map { .string($0) } }
        return schema
    }

    private static func dictSchema(key: FieldType?, value: FieldType?) -> JSONObject {
        let values = value?.inlineSchema ?? [:]
        var schema: JSONObject = ["type": "object", "additionalProperties": values.isEmpty ? true : .object(values)]
        if case .literal? = key, var names = key?.inlineSchema, names["type"] == "string" {
            names["type"] = nil
            schema["propertyNames"] = .object(names)
        }
        return schema
    }

    /// Pydantic puts null last, wherever `None` was written, and drops repeated members.
    private static func unionSchema(_ members: [FieldType]) -> JSONObject {
        let nulls = members.filter { $0 == .none }
        var schemas: [JSON] = []
        for member in members.filter({ $0 != .none }) + nulls {
            let schema = JSON.object(member.inlineSchema)
            if !schemas.contains(schema) { schemas.append(schema) }
        }
        return schemas.count == 1 ? schemas[0].objectValue ?? [:] : ["anyOf": .array(schemas)]
    }

    /// The full schema of an object type.
    private var objectSchema: JSONObject {
        guard case .object(let object) = self else { return inlineSchema }
        let properties = object.properties.map { property in
            var schema = property.type.inlineSchema
            if property.type.isTitled { schema["title"] = .string(Self.title(property.name)) }
            schema["description"] = property.description.map { .string($0) }
            schema["default"] = property.defaultValue
            return (property.name, JSON.object(schema))
        }
        let required = object.properties.filter { $0.defaultValue == nil }.map { JSON.string($0.name) }
        var schema: JSONObject = ["type": "object", "title": .string(object.name), "properties": .object(JSONObject(properties))]
        if !required.isEmpty { schema["required"] = .array(required) }
        return schema
    }

    /// Pydantic titles a property unless it is a reference, also an optional one.
    private var isTitled: Bool {
        switch self {
        case .object(let object): object.isOpen
        case .union(let members):
            switch members.filter({ $0 != .none }) {
            case let rest where rest.count == 1: rest[0].isTitled
            default: true
            }
        default: true
        }
    }

    private static func title(_ name: String) -> String { name.pythonTitle.replacing(scalar: "_", with: " ").pythonStripped }
}

extension JSON {
    /// The schema's word for a constant's type; nil where Pydantic gives none.
    fileprivate var schemaTypeName: String? {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .int: "integer"
        case .double: "number"
        case .string: "string"
        case .array, .object: nil
        }
    }
}
