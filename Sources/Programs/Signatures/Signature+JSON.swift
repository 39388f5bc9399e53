public import JSON

extension Signature {
    /// The signature, complete: `{"instructions", "inputs": [field], "outputs": [field]}`.
    public var json: JSON {
        [
            "instructions": .string(instructions), "inputs": .array(inputs.map(\.json)), "outputs": .array(outputs.map(\.json)),
        ]
    }

    /// - Throws: a ``Diagnostic`` naming the part that is not as ``json`` writes it.
    public init(json: JSON) throws(Diagnostic) {
        func fields(_ key: String) throws(Diagnostic) -> [Field] {
            let path = JSONPath([.key(key)])
            guard let list = json[key]?.arrayValue else { throw Diagnostic(path, "expected a list of fields") }
            var fields: [Field] = []
            for (index, entry) in list.enumerated() { fields.append(try Field(json: entry, path: path.appending(index))) }
            return fields
        }
        guard let instructions = json["instructions"]?.stringValue else {
            throw Diagnostic(JSONPath([.key("instructions")]), "expected a string")
        }
        let (inputs, outputs) = (try fields("inputs"), try fields("outputs"))
        do throws(SignatureError) {
            try self.init(inputs: inputs, outputs: outputs, instructions: instructions)
        } catch {
            throw Diagnostic(JSONPath(), error.message)
        }
    }
}

extension Field {
    var json: JSON {
        var members: JSONObject = ["name": .string(name), "type": type.json]
        members["description"] = description.map { .string($0) }
        if !limits.values.isEmpty { members["limits"] = .object(limits.values) }
        members["default"] = defaultValue
        if prefix != humanisedName(name) + ":" { members["prefix"] = .string(prefix) }
        return .object(members)
    }

    init(json: JSON, path: JSONPath) throws(Diagnostic) {
        guard let name = json["name"]?.stringValue, let type = json["type"] else {
            throw Diagnostic(path, "a field has a name and a type")
        }
        self.init(
            name: name, type: try FieldType(json: type, path: path.appending("type")),
            description: json["description"]?.stringValue,
            limits: FieldLimits(json["limits"]?.objectValue ?? [:]), defaultValue: json["default"],
            prefix: json["prefix"]?.stringValue)
    }
}
