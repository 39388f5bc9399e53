internal import Hashing
internal import JSON
internal import Programs

extension Study {
    /// SHA-256 of what a candidate of the program consists of: predictors, their fields and types, and parameters with their choices;
    /// not of instructions. A candidate of one study fits any other of the same signature.
    package var signature: String {
        let predictors = program.predictors.map { predictor -> JSON in
            let fields = { (fields: [Field]) -> JSON in
                .array(fields.map { ["name": .string($0.name), "type": .string($0.type.pythonName)] })
            }
            return [
                "path": .string(predictor.path), "inputs": fields(predictor.signature.inputs),
                "outputs": fields(predictor.signature.outputs),
            ]
        }
        let content: JSON = ["predictors": .array(predictors), "parameters": .array(program.parameters.map(\.json))]
        return sha256(content.bytes(.canonical))
    }
}
