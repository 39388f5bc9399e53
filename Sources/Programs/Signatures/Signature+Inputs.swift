internal import JSON

extension Signature {
    /// The input fields of `values`, in order, with defaults filled in. An input that may be None can be left out.
    func completed(_ values: JSONObject) throws(MissingInput) -> JSONObject {
        var inputs = JSONObject()
        for field in self.inputs {
            if let value = values[field.name] ?? field.defaultValue {
                inputs[field.name] = value
            } else if !field.type.allowsNone {
                throw MissingInput(name: field.name, expected: self.inputs.map(\.name), given: values.keys)
            }
        }
        return inputs
    }
}
