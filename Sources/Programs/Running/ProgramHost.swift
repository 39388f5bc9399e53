public import JSON

/// Anything that runs as a program: declared in a study file, or written in Swift.
public protocol ProgramHost: Sendable {
    /// What an optimiser tunes, in the program's order.
    var predictors: [PredictorDescription] { get }
    /// The values that an optimiser may choose beside instructions and demos.
    var parameters: [ParameterDescription] { get }
    /// What the program takes.
    var inputNames: [String] { get }
    /// What the program gives.
    var outputNames: [String] { get }
    /// 16 hexadecimal digits that change when the program does.
    var fingerprint: String { get }
    /// Readable pseudo-code for the instruction proposer.
    var sourceText: String { get }

    /// Runs the program on one row. Never throws: every failure is classified in the result.
    func run(_ inputs: JSONObject, in context: RunContext) async -> RunResult
}

extension ProgramHost {
    /// None.
    public var parameters: [ParameterDescription] { [] }

    /// The uncompiled program: initial instructions, the demos and parameters that its author gave.
    public var initialState: ProgramState { ProgramState(initial: predictors, parameters: parameters) }
}
