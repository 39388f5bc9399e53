internal import JSON

extension Prediction {
    /// A text output: `try answer.answer`. Any other value as it would stand in a prompt.
    /// - Throws: a ``RunFailure`` when there is no such output.
    public subscript(dynamicMember name: String) -> String {
        get throws { pythonText(of: try member(name)) }
    }

    /// An output as a value of the type that the caller wants: `let urgency: Int = try answer.urgency`.
    /// - Throws: a ``RunFailure`` when there is no such output, a `DecodingError` when it is of another type.
    public subscript<Value: Decodable>(dynamicMember name: String) -> Value {
        get throws { try member(name).decoded(as: Value.self) }
    }

    private func member(_ name: String) throws -> JSON {
        if let value = fields[name] { return value }
        let known = fields.keys.joined(separator: ", ")
        throw RunFailure(fault: .program, kind: "output", message: "the answer has no '\(name)'; it has \(known)")
    }
}
