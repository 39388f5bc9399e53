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
    package var parameters: [ParameterDescription]
    package var sourceText: String

    package init(name: String, host: any ProgramHost) {
        self.name = name
        fingerprint = host.fingerprint
        inputNames = host.inputNames
        outputNames = host.outputNames
        predictors = host.predictors
        parameters = host.parameters
        sourceText = host.sourceText
    }

    package var initialState: ProgramState {
        ProgramState(initial: predictors, parameters: parameters)
    }

    package var json: JSON {
        var object: JSONObject = [
            "name": .string(name),
            "fingerprint": .string(fingerprint),
            "inputs": .array(inputNames.map(JSON.string)),
            "outputs": .array(outputNames.map(JSON.string)),
            "predictors": .array(predictors.map(\.json)),
            "source": .string(sourceText),
        ]
        if !parameters.isEmpty { object["parameters"] = .array(parameters.map(\.json)) }
        return .object(object)
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
        (self.predictors, self.parameters) = ([], [])
        do {
            for predictor in predictors { self.predictors.append(try PredictorDescription(json: predictor)) }
            for parameter in json["parameters"]?.arrayValue ?? [] { parameters.append(try ParameterDescription(json: parameter)) }
        } catch {
            throw Diagnostic(path, "\(error)")
        }
    }
}
