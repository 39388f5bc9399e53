public import JSON

/// One call of a predictor while a program ran.
public struct TraceStep: Sendable, Hashable {
    /// The predictor's path, such as `intent.predict`.
    public var path: String
    /// What it was asked.
    public var inputs: JSONObject
    /// What it answered.
    public var outputs: JSONObject

    /// What a predictor was asked and what it answered.
    public init(path: String, inputs: JSONObject, outputs: JSONObject) {
        self.path = path
        self.inputs = inputs
        self.outputs = outputs
    }

    /// As a result stores it.
    public var json: JSON { ["path": .string(path), "inputs": .object(inputs), "outputs": .object(outputs)] }

    /// - Throws: a ``Diagnostic`` when `json` is not what ``json`` writes.
    public init(json: JSON) throws(Diagnostic) {
        guard let path = json["path"]?.stringValue, let inputs = json["inputs"]?.objectValue,
            let outputs = json["outputs"]?.objectValue
        else { throw Diagnostic(JSONPath(), "a trace step needs path, inputs and outputs") }
        self.init(path: path, inputs: inputs, outputs: outputs)
    }
}
