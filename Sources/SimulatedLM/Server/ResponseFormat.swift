import JSON

/// What an endpoint understands of `response_format`: more includes less.
package enum ResponseFormat: String, Sendable, CaseIterable {
    /// Refuses it in every form.
    case none
    /// `json_object` only.
    case object
    /// `json_schema` too.
    case schema

    func allows(_ format: AnswerFormat) -> Bool { self == .schema || self == .object && format == .object }

    /// Reads the member of a request; nil for plain text. Throws a ``Diagnostic`` as strict endpoints do.
    static func read(_ value: JSON?) throws(Diagnostic) -> AnswerFormat? {
        guard let value, !value.isNull else { return nil }
        switch value["type"]?.stringValue {
        case "text": return nil
        case "json_object": return .object
        case "json_schema":
            guard let description = value["json_schema"], description["name"]?.stringValue?.isEmpty == false else {
                throw finding("json_schema.name is missing")
            }
            guard let schema = description["schema"], schema.objectValue != nil else {
                throw finding("json_schema.schema is missing")
            }
            if description["strict"] == true, let fault = strictFault(in: schema, at: "()") {
                throw finding("invalid schema for '\(description["name"]?.stringValue ?? "")': \(fault)")
            }
            return .schema(schema)
        default: throw finding("type must be 'text', 'json_object' or 'json_schema'")
        }
    }

    private static func finding(_ message: String) -> Diagnostic { Diagnostic(JSONPath([.key("response_format")]), message) }

    /// A strict schema's objects are closed, and require all they have.
    private static func strictFault(in schema: JSON, at place: String) -> String? {
        if let properties = schema["properties"]?.objectValue {
            guard schema["additionalProperties"] == false else {
                return "in context=\(place), 'additionalProperties' is required to be supplied and to be false"
            }
            let required = schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? []
            if let missing = properties.keys.first(where: { !required.contains($0) }) {
                return "in context=\(place), 'required' must include every key in properties; '\(missing)' is missing"
            }
        } else if schema["type"] == "object" {
            return "in context=\(place), an object must list its 'properties'"
        }
        for (name, part) in schema.objectValue ?? [:] {
            let children = name == "properties" || name == "$defs" ? part.objectValue.map { $0.map(\.value) } ?? [] : [part]
            for child in children + children.flatMap({ $0.arrayValue ?? [] }) where child.objectValue != nil {
                if let fault = strictFault(in: child, at: "('\(name)')") { return fault }
            }
        }
        return nil
    }
}
