public import JSON

/// What an optimiser sets in one predictor.
///
/// A state without a model of its own has the same JSON, and so the same digest, as if there were no such thing.
public struct PredictorState: Sendable, Hashable {
    /// What the model is told to do.
    public var instructions: String
    /// Worked examples, keyed by field name; `augmented: true` marks those that came from a trace.
    public var demos: [JSONObject]
    /// The model that is asked in place of the role's own, such as one tuned for this predictor: `openai/ft:gpt-4o-mini:…`. Its
    /// endpoint and its settings are the role's.
    public var model: String?

    /// Instructions and demos; nil: the model is the program's.
    public init(instructions: String, demos: [JSONObject] = [], model: String? = nil) {
        self.instructions = instructions
        self.demos = demos
        self.model = model
    }

    /// `{"instructions", "demos", "model"}`, the last where there is one.
    public var json: JSON {
        var object: JSONObject = ["instructions": .string(instructions), "demos": .array(demos.map { .object($0) })]
        object["model"] = model.map(JSON.string)
        return .object(object)
    }

    init(json: JSON, path: JSONPath) throws(Diagnostic) {
        guard let instructions = json["instructions"]?.stringValue else {
            throw Diagnostic(path.appending("instructions"), "expected the instructions, a string")
        }
        guard let demos = json["demos"]?.arrayValue else {
            throw Diagnostic(path.appending("demos"), "expected the demos, a list")
        }
        let model = json["model"] ?? .null
        guard model.isNull || model.stringValue?.isEmpty == false else {
            throw Diagnostic(path.appending("model"), "expected a model's name, not \(model.kindName)")
        }
        self.instructions = instructions
        self.model = model.stringValue
        self.demos = []
        for (index, demo) in demos.enumerated() {
            guard let fields = demo.objectValue else {
                throw Diagnostic(path.appending("demos").appending(index), "a demo is an object, not \(demo.kindName)")
            }
            self.demos.append(fields)
        }
    }
}
