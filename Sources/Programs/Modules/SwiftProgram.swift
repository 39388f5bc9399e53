internal import Hashing
public import JSON

/// A program that a user wrote in Swift, under the name by which studies refer to it.
public struct SwiftProgram: ProgramHost {
    public let name: String
    /// The author's version; to be changed when the code changes what the program answers.
    public let version: String
    public let predictors: [PredictorDescription]
    public let inputNames: [String]
    public let outputNames: [String]
    private let module: any Module
    private let paths: [ObjectIdentifier: String]

    public init<P: Program>(_ type: P.Type, name: String, version: String = "1") {
        self.init(P(), signature: P.signature, name: name, version: version)
    }

    /// A module as a program of its own, also a bare predictor.
    public init(_ module: any Module, signature: Signature? = nil, name: String, version: String = "1") {
        let nodes = PredictorTree(of: module).nodes
        self.name = name
        self.version = version
        self.module = module
        predictors = nodes.map { PredictorDescription(path: $0.path, signature: $0.predict.signature, module: $0.module) }
        paths = Dictionary(uniqueKeysWithValues: nodes.map { (ObjectIdentifier($0.predict.identity), $0.path) })
        inputNames = signature?.inputs.map(\.name) ?? Self.inputNames(of: predictors)
        outputNames = signature?.outputs.map(\.name) ?? predictors.last.map(Self.outputNames) ?? []
    }

    private static func inputNames(of predictors: [PredictorDescription]) -> [String] {
        let given = Set(predictors.flatMap { $0.signature.outputs.map(\.name) })
        return predictors.flatMap { $0.signature.inputs.map(\.name) }.reduce(into: []) { names, name in
            if !given.contains(name), !names.contains(name) { names.append(name) }
        }
    }

    /// Without the reasoning, which nobody grades.
    private static func outputNames(of predictor: PredictorDescription) -> [String] {
        predictor.signature.outputs.map(\.name).filter { predictor.module != "ChainOfThought" || $0 != "reasoning" }
    }

    /// Of the name, the version, and every predictor's path, module and signature; not of the binary.
    public var fingerprint: String {
        let parts = predictors.map { JSON.array([.string($0.path), .string($0.module), $0.signature.json]) }
        return String(sha256(JSON.array([.string(name), .string(version), .array(parts)]).bytes(.canonical)).prefix(16))
    }

    public var sourceText: String {
        let lines = predictors.map { "    \($0.path) = \($0.module)(\"\($0.signature.shorthand)\")" }
        return """
            class \(name)(Module):
            \(lines.joined(separator: "\n"))

                def forward(\(inputNames.joined(separator: ", "))) -> \(outputNames.joined(separator: ", "))
            """
    }

    public func run(_ inputs: JSONObject, in context: RunContext) async -> RunResult {
        let recorder = RunRecorder()
        var context = context
        context.excludeDemosLike = context.excludeDemosLike?.filter { inputNames.contains($0) }
        let scope = RunScope(context: context, paths: paths, recorder: recorder)
        do {
            let prediction = try await RunScope.$current.withValue(scope) { try await module.forward(inputs) }
            return recorder.result(.success(prediction))
        } catch {
            return recorder.result(.failure(Self.failure(error)))
        }
    }

    private static func failure(_ error: any Error) -> RunFailure {
        switch error {
        case let failure as RunFailure: failure
        case let error as LanguageModelError: RunFailure(fault: error.fault, kind: error.kind.rawValue, message: error.message)
        case is CancellationError: RunFailure(fault: .infrastructure, kind: "cancelled", message: "the run was cancelled")
        default: RunFailure(fault: .program, kind: "program_error", message: "\(error)")
        }
    }
}
