internal import Hashing
public import JSON

/// A program that a user wrote in Swift, under the name by which studies refer to it.
public struct SwiftProgram: ProgramHost {
    /// As studies call it.
    public let name: String
    /// The author's version; to be changed when the code changes what the program answers.
    public let version: String
    /// In the order of its properties.
    public let predictors: [PredictorDescription]
    /// What its modules leave to an optimiser.
    public let parameters: [ParameterDescription]
    /// What it takes.
    public let inputNames: [String]
    /// What it gives.
    public let outputNames: [String]
    private let run: ProgramRun

    /// A program by its type.
    public init<P: Program>(_ type: P.Type, name: String, version: String = "1") {
        self.init(P(), signature: P.signature, maxBacktracks: P.maxBacktracks, name: name, version: version)
    }

    /// A module as a program of its own, also a bare predictor.
    public init(_ module: any Module, signature: Signature? = nil, maxBacktracks: Int = 2, name: String, version: String = "1") {
        let tree = PredictorTree(of: module)
        self.name = name
        self.version = version
        run = ProgramRun(module: module, paths: tree.paths, maxBacktracks: maxBacktracks)
        predictors = tree.nodes.map(PredictorDescription.init)
        parameters = tree.parameters
        inputNames = signature?.inputs.map(\.name) ?? Self.inputNames(of: tree)
        outputNames = (signature ?? tree.signatures.last)?.outputs.map(\.name) ?? []
    }

    private static func inputNames(of tree: PredictorTree) -> [String] {
        let given = Set((tree.nodes.map(\.predict.signature) + tree.signatures).flatMap { $0.outputs.map(\.name) })
        return tree.signatures.flatMap { $0.inputs.map(\.name) }.reduce(into: []) { names, name in
            if !given.contains(name), !names.contains(name) { names.append(name) }
        }
    }

    /// Of the name, the version, and every predictor's path, module and signature; not of the binary.
    public var fingerprint: String {
        var parts: [JSON] = [.string(name), .string(version), .array(predictors.map(Self.identity))]
        if !parameters.isEmpty { parts.append(.array(parameters.map(\.json))) }
        return String(sha256(JSON.array(parts).bytes(.canonical)).prefix(16))
    }

    private static func identity(_ predictor: PredictorDescription) -> JSON {
        .array(
            [.string(predictor.path), .string(predictor.module), predictor.signature.json]
                + (predictor.fixedInstructions.map { [.string($0)] } ?? []))
    }

    /// Its predictors, inputs and outputs; its code is not at hand.
    public var sourceText: String {
        let lines = predictors.map { "    \($0.path) = \($0.module)(\"\($0.signature.shorthand)\")" }
        return """
            class \(name)(Module):
            \(lines.joined(separator: "\n"))

                def forward(\(inputNames.joined(separator: ", "))) -> \(outputNames.joined(separator: ", "))
            """
    }

    /// Runs it, again from the start where failed assertions ask for it.
    public func run(_ inputs: JSONObject, in context: RunContext) async -> RunResult {
        var context = context
        context.excludeDemosLike = context.excludeDemosLike?.filter { inputNames.contains($0) }
        return await run(inputs, in: context)
    }
}
