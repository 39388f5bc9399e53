public import JSON

/// A program with a state of its own, called like the program itself.
///
///     let qa = try Compiled(QA(), from: "qa.json")
///     print(try await qa(question: "Who founded Brassgate Looms?").answer)
///
/// As a part of another program it is finished: an optimiser of the whole leaves its predictors alone.
public struct Compiled<Content: Module>: Module {
    /// What answers.
    public let program: Content
    /// The instructions, demos and parameters with which it does.
    public var state: ProgramState
    private let host: SwiftProgram
    private let identity = ModuleIdentity()

    /// With the state that the program's author gave it.
    public init(_ program: Content) {
        self.program = program
        let written = Content.self as? any Program.Type
        host = SwiftProgram(
            program, signature: written?.signature, maxBacktracks: written?.maxBacktracks ?? 2, name: "\(Content.self)")
        state = host.initialState
    }

    /// With the state in a file that a study exported, that ``save(to:)`` wrote, or DSPy.
    /// - Throws: a ``FileError``, a `JSONSyntaxError`, or the `Diagnostics` of a file that does not fit the program.
    public init(_ program: Content, from path: String) throws {
        self.init(program)
        state = try StateFile(for: host).load(from: path)
    }

    /// Writes the state in DSPy's format, so that at every moment either the old file or the new one is there, whole.
    /// - Throws: a ``FileError``.
    public func save(to path: String) throws(FileError) { try StateFile(for: host).write(state, to: path) }

    /// - Throws: a ``RunFailure``.
    public func forward(_ inputs: JSONObject) async throws -> Prediction {
        guard let scope = RunScope.current else { return try await run(inputs).outcome.get() }
        let question = PredictorQuestion(path: "compiled \(ObjectIdentifier(identity))", inputs: inputs)
        do throws(RunFailure) {
            return try await scope.replayed(.answer(question, variant: scope.variant)) { () throws(RunFailure) in
                let result = await run(inputs, in: scope.context)
                scope.recorder.add(result.usage)
                if case .failure(let failure) = result.outcome, failure.fault != .program { throw failure }
                return result.outcome
            }.get()
        } catch {
            scope.recorder.note(error)
            throw error
        }
    }

    /// What comes of a run with the model and the services that ``configure(lm:services:adapter:)`` set.
    package func run(_ inputs: JSONObject) async -> RunResult { await run(inputs, in: Surroundings.current.context) }

    private func run(_ inputs: JSONObject, in context: RunContext) async -> RunResult {
        var context = context
        context.state = state
        return await host.run(inputs, in: context)
    }
}

extension Compiled: TypedModule where Content: TypedModule {
    /// The program's own.
    public typealias Answer = Content.Answer
}

extension Compiled: CustomReflectable {
    /// Shows no parts: a program around it must not find its predictors.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
