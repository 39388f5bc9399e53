package import JSON

/// What a request's `response_format` asks for.
package enum AnswerFormat: Sendable, Equatable {
    case object
    /// An object that adheres to a JSON schema.
    case schema(JSON)

    /// `object` with the members that the schema has, in its order; those that are missing are made up.
    func fitted(_ object: JSONObject, _ draw: Digest) -> JSONObject {
        guard case .schema(let schema) = self, let properties = schema["properties"]?.objectValue else { return object }
        var result = JSONObject()
        let words = object.flatMap { Tokens.salient(in: $0.value.stringValue ?? "", count: 4) }
        let filler = SchemaValue(words: words, numbers: [], draw: draw, schema: schema)
        for (name, property) in properties { result[name] = object[name] ?? filler.value(property) }
        return result
    }
}
