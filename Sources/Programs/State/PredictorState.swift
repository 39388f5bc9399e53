public import JSON

/// What an optimiser sets in one predictor.
public struct PredictorState: Sendable, Hashable {
    /// What the model is told to do.
    public var instructions: String
    /// Worked examples, keyed by field name; `augmented: true` marks those that came from a trace.
    public var demos: [JSONObject]

    public init(instructions: String, demos: [JSONObject] = []) {
        self.instructions = instructions
        self.demos = demos
    }

    /// `{"instructions", "demos"}`.
    public var json: JSON { ["instructions": .string(instructions), "demos": .array(demos.map { .object($0) })] }

    init(json: JSON, path: JSONPath) throws(Diagnostic) {
        guard let instructions = json["instructions"]?.stringValue else {
            throw Diagnostic(path.appending("instructions"), "expected the instructions, a string")
        }
        guard let demos = json["demos"]?.arrayValue else {
            throw Diagnostic(path.appending("demos"), "expected the demos, a list")
        }
        self.instructions = instructions
        self.demos = []
        for (index, demo) in demos.enumerated() {
            guard let fields = demo.objectValue else {
                throw Diagnostic(path.appending("demos").appending(index), "a demo is an object, not \(demo.kindName)")
            }
            self.demos.append(fields)
        }
    }
}
