internal import JSON

extension JSONAdapter {
    /// The form to demand of the endpoint, given what it understands. A strict schema must name every property, so a signature
    /// with an output of free form is asked for as any JSON object.
    func responseFormat(for signature: Signature, support: ResponseFormatSupport) -> ResponseFormat? {
        guard support > .none else { return nil }
        guard support == .jsonSchema, !signature.outputs.isEmpty, signature.outputs.allSatisfy({ $0.type.hasStrictSchema }) else {
            return .jsonObject
        }
        let properties = signature.outputs.map { ObjectType.Property(name: $0.name, type: $0.type) }
        let outputs = ObjectType(name: "DSPyProgramOutputs", properties: properties)
        return .jsonSchema(name: outputs.name, schema: FieldType.object(outputs).orderedSchema.strict)
    }
}

extension FieldType {
    /// Whether structured outputs can express the type: each object's properties are known, as is each list's element.
    fileprivate var hasStrictSchema: Bool {
        switch self {
        case .any, .dict, .tuple, .list(nil): false
        case .object(let object) where object.isOpen: false
        default: parts.allSatisfy(\.hasStrictSchema)
        }
    }
}

extension JSON {
    /// A schema as structured outputs demand it: every property required, no others allowed, no defaults, and nothing beside
    /// a reference.
    fileprivate var strict: JSON {
        switch self {
        case .array(let elements): return .array(elements.map(\.strict))
        case .object(let members):
            if let reference = members["$ref"] { return ["$ref": reference] }
            var schema = JSONObject()
            for (key, value) in members {
                switch key {
                case "default", "required": break
                // The keys below are names of the user's, not words of the schema.
                case "properties", "$defs":
                    schema[key] = .object(JSONObject((value.objectValue ?? [:]).map { ($0.key, $0.value.strict) }))
                case "enum", "const": schema[key] = value
                default: schema[key] = value.strict
                }
            }
            if let properties = members["properties"]?.objectValue {
                schema["required"] = .array(properties.keys.map { .string($0) })
                schema["additionalProperties"] = false
            }
            return .object(schema)
        default: return self
        }
    }
}
