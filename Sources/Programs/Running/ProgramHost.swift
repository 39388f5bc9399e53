public import JSON

/// A predictor of a program as optimisers see it.
public struct PredictorDescription: Sendable, Hashable {
    /// DSPy's path: `topic`, `intent.predict`, `hops[0].predict`.
    public var path: String
    /// With its initial instructions; a ChainOfThought's has `reasoning` as its first output.
    public var signature: Signature
    /// The module as the user wrote it: `Predict`, `ChainOfThought`.
    public var module: String

    public init(path: String, signature: Signature, module: String) {
        self.path = path
        self.signature = signature
        self.module = module
    }
}

/// Anything that runs as a program: declared in a study file, or written in Swift.
public protocol ProgramHost: Sendable {
    var predictors: [PredictorDescription] { get }
    var inputNames: [String] { get }
    var outputNames: [String] { get }
    /// 16 hexadecimal digits that change when the program does.
    var fingerprint: String { get }
    /// Readable pseudo-code for the instruction proposer.
    var sourceText: String { get }

    /// Runs the program on one row. Never throws: every failure is classified in the result.
    func run(_ inputs: JSONObject, in context: RunContext) async -> RunResult
}

extension ProgramHost {
    /// The uncompiled program: initial instructions, no demos.
    public var initialState: ProgramState {
        ProgramState(predictors.map { ($0.path, PredictorState(instructions: $0.signature.instructions)) })
    }
}
