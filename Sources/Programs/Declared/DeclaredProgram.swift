internal import Hashing
public import JSON

/// A program given as data: predictors in order, wired by the names of their fields.
public struct DeclaredProgram: ProgramHost, Hashable {
    public let inputNames: [String]
    public let outputNames: [String]
    let steps: [DeclaredStep]

    init(inputNames: [String], outputNames: [String], steps: [DeclaredStep]) {
        self.inputNames = inputNames
        self.outputNames = outputNames
        self.steps = steps
    }

    public var predictors: [PredictorDescription] {
        steps.map { PredictorDescription(path: $0.path, signature: $0.signature, module: $0.module.pythonName) }
    }

    /// The program with everything resolved; it needs no file beside it.
    public var json: JSON {
        [
            "inputs": .array(inputNames.map { .string($0) }), "outputs": .array(outputNames.map { .string($0) }),
            "steps": .array(steps.map(\.json)),
        ]
    }

    /// - Throws: a ``Diagnostic`` naming the part that is not as ``json`` writes it.
    public init(json: JSON) throws(Diagnostic) {
        func names(_ key: String) throws(Diagnostic) -> [String] {
            guard let list = json[key]?.arrayValue else { throw Diagnostic(JSONPath([.key(key)]), "expected a list of names") }
            return list.compactMap(\.stringValue)
        }
        guard let list = json["steps"]?.arrayValue else {
            throw Diagnostic(JSONPath([.key("steps")]), "expected a list of steps")
        }
        var steps: [DeclaredStep] = []
        for (index, step) in list.enumerated() {
            steps.append(try DeclaredStep(json: step, path: JSONPath([.key("steps"), .index(index)])))
        }
        self.init(inputNames: try names("inputs"), outputNames: try names("outputs"), steps: steps)
    }

    public var fingerprint: String { String(sha256(json.bytes(.canonical)).prefix(16)) }

    public var sourceText: String {
        let attributes = steps.map { step in
            """
                    # \(step.signature.instructions.replacing(scalar: "\n", with: "\n        # "))
                    self.\(step.name) = \(step.module.pythonName)("\(step.baseShorthand)")
            """
        }
        let calls = steps.map { step in
            let arguments = step.signature.inputs.map { "\($0.name)=\(step.source(of: $0.name))" }
            let targets = step.outputNames.joined(separator: ", ")
            return "        \(targets) = self.\(step.name)(\(arguments.joined(separator: ", ")))"
        }
        return """
            class Program(Module):
                def __init__(self):
            \(attributes.joined(separator: "\n"))

                def forward(self, \(inputNames.joined(separator: ", "))):
            \(calls.joined(separator: "\n"))
                    return \(outputNames.joined(separator: ", "))
            """
    }

    public func run(_ inputs: JSONObject, in context: RunContext) async -> RunResult {
        let recorder = RunRecorder()
        var context = context
        context.excludeDemosLike = context.excludeDemosLike?.filter { inputNames.contains($0) }
        var values = inputs.filter { inputNames.contains($0) }
        do throws(RunFailure) {
            for step in steps {
                let outputs = try await PredictorCall(path: step.path, signature: step.signature, context: context)
                    .answer(step.inputs(from: values), recorder: recorder)
                for (name, value) in outputs { values["\(step.name).\(name)"] = value }
                for name in step.outputNames { values[name] = outputs[name] }
            }
        } catch {
            return recorder.result(.failure(error))
        }
        let fields = JSONObject(outputNames.compactMap { name in values[name].map { (name, $0) } })
        return recorder.result(.success(Prediction(fields: fields)))
    }
}

extension DeclaredStep {
    fileprivate func inputs(from values: JSONObject) -> JSONObject {
        JSONObject(signature.inputs.compactMap { field in values[source(of: field.name)].map { (field.name, $0) } })
    }

    /// The signature as the user wrote it, without the reasoning.
    fileprivate var baseShorthand: String {
        guard module == .chainOfThought else { return signature.shorthand }
        var base = signature
        base.outputs.removeFirst()
        return base.shorthand
    }
}
