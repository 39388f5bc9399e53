import JSON

/// A value that adheres to a JSON schema, filled with words and numbers of the inputs.
struct SchemaValue {
    let words: [String]
    let numbers: [JSON]
    let draw: Digest
    private let definitions: JSONObject
    private static let depthLimit = 12

    init(words: [String], numbers: [JSON], draw: Digest, schema: JSON) {
        self.words = words
        self.numbers = numbers
        self.draw = draw
        definitions = (schema["$defs"] ?? schema["definitions"])?.objectValue ?? [:]
    }

    func value(_ schema: JSON, depth: Int = 0) -> JSON {
        guard depth < Self.depthLimit else { return .null }
        if let reference = schema["$ref"]?.stringValue, let name = reference.split(separator: "/").last {
            return value(definitions[String(name)] ?? [:], depth: depth + 1)
        }
        if let constant = schema["const"] { return constant }
        if let choices = schema["enum"]?.arrayValue, !choices.isEmpty { return draw.pick(choices, UInt64(depth)) }
        if let options = (schema["anyOf"] ?? schema["oneOf"])?.arrayValue {
            return value(options.first { $0["type"] != "null" } ?? ["type": "null"], depth: depth + 1)
        }
        switch schema["type"]?.stringValue {
        case "array": return array(schema, depth: depth)
        case "object": return object(schema, depth: depth)
        case "integer": return .int(Int(number(schema).rounded()))
        case "number": return .double(number(schema))
        case "boolean": return .bool(draw.uniform(7) < 0.5)
        case "null": return .null
        default: return .string(words.isEmpty ? "none" : words[depth % words.count])
        }
    }

    private func array(_ schema: JSON, depth: Int) -> JSON {
        let count = max(schema["minItems"]?.intValue ?? 0, min(2, schema["maxItems"]?.intValue ?? 2))
        if let items = schema["prefixItems"]?.arrayValue { return .array(items.map { value($0, depth: depth + 1) }) }
        let item = schema["items"] ?? ["type": "string"]
        return .array((0..<count).map { value(item, depth: depth + 1 + $0) })
    }

    private func object(_ schema: JSON, depth: Int) -> JSON {
        var object = JSONObject()
        for (name, property) in schema["properties"]?.objectValue ?? [:] { object[name] = value(property, depth: depth + 1) }
        if object.isEmpty, let values = schema["additionalProperties"], values.objectValue != nil || values == true {
            object[words.first ?? "key"] = value(values.objectValue == nil ? ["type": "string"] : values, depth: depth + 1)
        }
        return .object(object)
    }

    private func number(_ schema: JSON) -> Double {
        let low = schema["minimum"]?.doubleValue ?? schema["exclusiveMinimum"]?.doubleValue.map { $0 + 1 }
        let high = schema["maximum"]?.doubleValue ?? schema["exclusiveMaximum"]?.doubleValue.map { $0 - 1 }
        let found = numbers.last?.doubleValue ?? (low ?? 1)
        return min(high ?? .infinity, max(low ?? -.infinity, found))
    }
}
