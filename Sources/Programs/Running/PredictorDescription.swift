public import JSON

/// A predictor of a program as optimisers see it.
public struct PredictorDescription: Sendable, Hashable {
    /// DSPy's path: `topic`, `intent.predict`, `hops[0].predict`.
    public var path: String
    /// With its initial instructions; a ChainOfThought's has `reasoning` as its first output.
    public var signature: Signature
    /// The module as the user wrote it: `Predict`, `ChainOfThought`.
    public var module: String
    /// What follows the instructions in every prompt, whatever they are; a state file has both in one text.
    public var fixedInstructions: String?
    /// Worked examples that the uncompiled program has.
    public var demos: [JSONObject]
    /// nil: the program's surroundings decide.
    public var adapter: Adapter?

    /// A predictor as its program has it before any optimiser.
    public init(
        path: String, signature: Signature, module: String, fixedInstructions: String? = nil, demos: [JSONObject] = [],
        adapter: Adapter? = nil
    ) {
        self.path = path
        self.signature = signature
        self.module = module
        self.fixedInstructions = fixedInstructions
        self.demos = demos
        self.adapter = adapter
    }

    init(_ node: PredictorTree.Node) {
        self.init(
            path: node.path, signature: node.predict.signature, module: node.module,
            fixedInstructions: node.predict.fixedInstructions, demos: node.predict.demos,
            adapter: node.predict.adapter)
    }

    /// As a study stores it.
    public var json: JSON {
        var object: JSONObject = ["path": .string(path), "module": .string(module), "signature": signature.json]
        object["fixed_instructions"] = fixedInstructions.map(JSON.string)
        object["adapter"] = adapter.map { .string($0.rawValue) }
        if !demos.isEmpty { object["demos"] = .array(demos.map { .object($0) }) }
        return .object(object)
    }

    /// - Throws: a ``Diagnostic`` when `json` is not what ``json`` writes.
    public init(json: JSON) throws(Diagnostic) {
        guard let path = json["path"]?.stringValue, let module = json["module"]?.stringValue, let signature = json["signature"]
        else { throw Diagnostic(JSONPath(), "a predictor has path, module and signature") }
        self.init(
            path: path, signature: try Signature(json: signature), module: module,
            fixedInstructions: json["fixed_instructions"]?.stringValue,
            demos: (json["demos"]?.arrayValue ?? []).compactMap(\.objectValue),
            adapter: json["adapter"]?.stringValue.flatMap(Adapter.init))
    }

    /// The messages of a question to the predictor in `state`; nil: as its author wrote it.
    /// - Throws: a ``MissingInput``.
    public func messages(_ state: PredictorState?, inputs: JSONObject) throws(MissingInput) -> [ChatMessage] {
        let signature = signature(in: state)
        return (adapter ?? .chat).messages(signature, demos: state?.demos ?? demos, inputs: try signature.completed(inputs))
    }

    /// A chat for training: the messages of a question to the predictor in `state`, and `outputs` as a model should write them.
    /// - Throws: a ``MissingInput``.
    public func trainingChat(
        _ state: PredictorState?, inputs: JSONObject, outputs: JSONObject
    ) throws(MissingInput) -> [ChatMessage] {
        let answer = (adapter ?? .chat).answer(signature(in: state), outputs)
        return try messages(state, inputs: inputs) + [ChatMessage(role: .assistant, content: answer)]
    }

    private func signature(in state: PredictorState?) -> Signature {
        signature.with(instructions: whole(state?.instructions ?? signature.instructions))
    }
}

/// A value of a program that an optimiser may choose, such as how many passages to retrieve.
public struct ParameterDescription: Sendable, Hashable {
    /// The path of the module, and the parameter's name: `search.k`.
    public var path: String
    /// In the order of the study; the initial value is one of them.
    public var choices: [JSON]
    /// The value of the uncompiled program.
    public var initial: JSON

    /// A value and what it may be.
    public init(path: String, choices: [JSON], initial: JSON) {
        self.path = path
        self.choices = choices
        self.initial = initial
    }

    /// As a study stores it.
    public var json: JSON { ["path": .string(path), "choices": .array(choices), "initial": initial] }

    /// - Throws: a ``Diagnostic`` when `json` is not what ``json`` writes.
    public init(json: JSON) throws(Diagnostic) {
        guard let path = json["path"]?.stringValue, let choices = json["choices"]?.arrayValue, let initial = json["initial"]
        else {
            throw Diagnostic(JSONPath(), "a parameter has path, choices and initial")
        }
        self.init(path: path, choices: choices, initial: initial)
    }
}
