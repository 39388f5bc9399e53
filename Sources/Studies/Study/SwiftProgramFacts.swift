package import JSON
package import Programs

/// What a study keeps of a Swift program, so that a coordinator without it can plan.
package struct SwiftProgramFacts: Sendable, Hashable {
    /// The name under which it is registered.
    package var name: String
    package var fingerprint: String
    package var inputNames: [String]
    package var outputNames: [String]
    package var predictors: [PredictorDescription]
    package var sourceText: String

    package init(name: String, host: any ProgramHost) {
        self.name = name
        fingerprint = host.fingerprint
        inputNames = host.inputNames
        outputNames = host.outputNames
        predictors = host.predictors
        sourceText = host.sourceText
    }

    package var initialState: ProgramState {
        ProgramState(predictors.map { ($0.path, PredictorState(instructions: $0.signature.instructions)) })
    }

    package var json: JSON {
        [
            "name": .string(name),
            "fingerprint": .string(fingerprint),
            "inputs": .array(inputNames.map(JSON.string)),
            "outputs": .array(outputNames.map(JSON.string)),
            "predictors": .array(
                predictors.map { predictor in
                    [
                        "path": .string(predictor.path), "module": .string(predictor.module),
                        "signature": predictor.signature.json,
                    ]
                }),
            "source": .string(sourceText),
        ]
    }

    init(json: JSON, at path: JSONPath) throws(Diagnostic) {
        guard let name = json["name"]?.stringValue, let fingerprint = json["fingerprint"]?.stringValue,
            let inputs = json["inputs"]?.arrayValue, let outputs = json["outputs"]?.arrayValue,
            let predictors = json["predictors"]?.arrayValue, let source = json["source"]?.stringValue
        else { throw Diagnostic(path, "not a stored Swift program") }
        self.name = name
        self.fingerprint = fingerprint
        inputNames = inputs.compactMap(\.stringValue)
        outputNames = outputs.compactMap(\.stringValue)
        sourceText = source
        self.predictors = []
        for predictor in predictors { self.predictors.append(try Self.predictor(predictor, at: path)) }
    }

    private static func predictor(_ json: JSON, at path: JSONPath) throws(Diagnostic) -> PredictorDescription {
        guard let name = json["path"]?.stringValue, let module = json["module"]?.stringValue, let signature = json["signature"]
        else { throw Diagnostic(path, "not a stored predictor") }
        do {
            return PredictorDescription(path: name, signature: try Signature(json: signature), module: module)
        } catch {
            throw Diagnostic(path.appending(name), "\(error)")
        }
    }
}
