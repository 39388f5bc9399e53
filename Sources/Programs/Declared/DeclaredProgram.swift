internal import Hashing
public import JSON

/// A program given as data: steps in order, wired by the names of their values.
///
///     program:
///       steps:
///         - hops:
///             repeat: 2
///             collect: {context: passages}
///             steps:
///               - query: {chain_of_thought: "context, question -> search_query"}
///               - search: {retrieve: wiki, k: 3, query: search_query}
///         - short: {suggest: search_query, max_length: 100, retry: hops}
///         - answer: {chain_of_thought: "context, question -> answer"}
public struct DeclaredProgram: ProgramHost {
    /// What it takes.
    public let inputNames: [String]
    /// What it gives.
    public let outputNames: [String]
    /// In the order of their steps.
    public let predictors: [PredictorDescription]
    /// What its retrieve steps leave to the optimiser.
    public let parameters: [ParameterDescription]
    /// Of steps that name none themselves; nil: the context's.
    public let adapter: Adapter?
    /// How often one question to a predictor is put again because of failed assertions.
    public let maxBacktracks: Int
    /// Whether it may run code that a model writes, for which ``ProgramServices/sandbox`` is needed.
    public let allowsCode: Bool
    let steps: [DeclaredStep]
    private let run: ProgramRun

    static let defaultBacktracks = 2

    init(
        inputNames: [String], outputNames: [String], steps: [DeclaredStep], adapter: Adapter? = nil,
        maxBacktracks: Int = defaultBacktracks, allowsCode: Bool = false
    ) throws(SignatureError) {
        self.inputNames = inputNames
        self.outputNames = outputNames
        self.steps = steps
        self.adapter = adapter
        self.maxBacktracks = maxBacktracks
        self.allowsCode = allowsCode
        let module = try StepSequence(steps, outputNames: outputNames)
        let tree = PredictorTree(of: module)
        predictors = tree.nodes.map { node in
            var predictor = PredictorDescription(node)
            predictor.adapter = predictor.adapter ?? adapter
            return predictor
        }
        parameters = tree.parameters
        run = ProgramRun(module: module, paths: tree.paths, maxBacktracks: maxBacktracks)
    }

    /// The program with everything resolved; it needs no file beside it.
    public var json: JSON {
        var json: JSONObject = [
            "inputs": .array(inputNames.map { .string($0) }), "outputs": .array(outputNames.map { .string($0) }),
            "steps": .array(steps.map(\.json)),
        ]
        json["adapter"] = adapter.map { .string($0.rawValue) }
        if maxBacktracks != Self.defaultBacktracks { json["max_backtracks"] = .int(maxBacktracks) }
        if allowsCode { json["code_execution"] = true }
        return .object(json)
    }

    /// Of everything that it declares.
    public var fingerprint: String { String(sha256(json.bytes(.canonical)).prefix(16)) }

    /// Its steps as pseudo-code.
    public var sourceText: String {
        let attributes = steps.flatMap { $0.content.declarations("self.\($0.name)") }.indented.indented
        let calls = steps.flatMap { $0.content.statements("self.\($0.name)") }.indented.indented
        return """
            class Program(Module):
                def __init__(self):
            \(attributes.joined(separator: "\n"))

                def forward(self, \(inputNames.joined(separator: ", "))):
            \(calls.joined(separator: "\n"))
                    return \(outputNames.joined(separator: ", "))
            """
    }

    /// Runs its steps in order.
    public func run(_ inputs: JSONObject, in context: RunContext) async -> RunResult {
        var context = context
        context.excludeDemosLike = context.excludeDemosLike?.filter { inputNames.contains($0) }
        context.adapter = adapter ?? context.adapter
        return await run(inputs.filter { inputNames.contains($0) }, in: context)
    }
}
