internal import JSON

/// One predictor of a declared program and where its inputs come from.
struct DeclaredStep: Sendable, Hashable {
    enum Module: String, Sendable, CaseIterable {
        case predict
        case chainOfThought = "chain_of_thought"

        var pythonName: String { self == .predict ? "Predict" : "ChainOfThought" }
    }

    var name: String
    var module: Module
    /// A ChainOfThought's has the reasoning in it.
    var signature: Signature
    /// Where an input field's value comes from when it is not the value of the same name.
    var sources: [String: String]

    /// As in a DSPy module with the step as its attribute.
    var path: String { module == .predict ? name : "\(name).predict" }

    /// What later steps see by its bare name. The reasoning of a ChainOfThought is reached as `step.reasoning`.
    var outputNames: [String] {
        signature.outputs.map(\.name).filter { module == .predict || $0 != "reasoning" }
    }

    func source(of field: String) -> String { sources[field] ?? field }

    var json: JSON {
        [
            "name": .string(name), "module": .string(module.rawValue), "signature": signature.json,
            "with": .object(JSONObject(sources.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
        ]
    }

    init(name: String, module: Module, signature: Signature, sources: [String: String]) {
        self.name = name
        self.module = module
        self.signature = signature
        self.sources = sources
    }

    init(json: JSON, path: JSONPath) throws(Diagnostic) {
        guard let name = json["name"]?.stringValue, let module = json["module"]?.stringValue.flatMap(Module.init(rawValue:)),
            let signature = json["signature"], let sources = json["with"]?.objectValue
        else { throw Diagnostic(path, "a step has name, module, signature and with") }
        do throws(Diagnostic) {
            self.init(
                name: name, module: module, signature: try Signature(json: signature),
                sources: Dictionary(
                    uniqueKeysWithValues: sources.compactMap { key, value in value.stringValue.map { (key, $0) } }))
        } catch {
            throw Diagnostic(JSONPath(path.appending("signature").steps + error.path.steps), error.message)
        }
    }
}
