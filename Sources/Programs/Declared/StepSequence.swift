internal import JSON

/// Steps that run one after the other.
struct StepSequence: ComposedModule {
    let steps: [(step: DeclaredStep, module: any Module)]
    let outputNames: [String]

    init(_ steps: [DeclaredStep], outputNames: [String], after earlier: [String: any Module] = [:]) throws(SignatureError) {
        var made = earlier
        var modules: [(DeclaredStep, any Module)] = []
        for step in steps {
            let module = try step.content.makeModule(after: made)
            made[step.name] = module
            modules.append((step, module))
        }
        self.steps = modules
        self.outputNames = outputNames
    }

    var parts: [(name: String, part: any Module)] { steps.map { ($0.step.name, $0.module) } }

    func forward(_ inputs: JSONObject) async throws -> Prediction {
        var values = inputs
        for (step, module) in steps {
            let outputs = try await module.forward(values).fields
            for (name, value) in outputs { values["\(step.name).\(name)"] = value }
            for name in step.content.outputNames { values[name] = outputs[name] }
        }
        return Prediction(fields: JSONObject(outputNames.compactMap { name in values[name].map { (name, $0) } }))
    }
}

/// A module whose inputs are values of the program under names of their own.
struct WiredModule: ComposedModule {
    let module: any Module
    let inputs: [(field: String, source: String)]

    var parts: [(name: String, part: any Module)] { [("", module)] }

    func inputs(from values: JSONObject) -> JSONObject {
        JSONObject(inputs.compactMap { field, source in values[source].map { (field, $0) } })
    }

    func forward(_ values: JSONObject) async throws -> Prediction { try await module.forward(inputs(from: values)) }
}
