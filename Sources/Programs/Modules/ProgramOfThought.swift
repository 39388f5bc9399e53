public import JSON

/// Answers by a program: the model writes Python code, which runs in the sandbox of the run; what it prints leads to the answer.
///
/// Code that fails is written again, with its error in view. Running a model's code must be enabled: without a sandbox among
/// the services of the run every call is refused.
public struct ProgramOfThought: ComposedModule {
    /// What it takes and gives.
    public let signature: Signature
    /// How often code is written for one question.
    public let maxIterations: Int
    let generate: ChainOfThought
    let regenerate: ChainOfThought
    let conclude: ChainOfThought

    /// - Throws: a ``SignatureError`` when the signature has no output, or a field named `generated_code`, `previous_code`,
    ///   `error`, `final_generated_code`, `code_output` or `reasoning`.
    public init(_ signature: Signature, maxIterations: Int = 3) throws(SignatureError) {
        guard !signature.outputs.isEmpty else { throw SignatureError("a program of thought needs an output") }
        let texts = CodeInstructions(signature)
        let code = Field(name: "generated_code", description: "Python code")
        self.signature = signature
        self.maxIterations = max(1, maxIterations)
        generate = try Self.thought(signature, [], [code], texts.generate)
        regenerate = try Self.thought(
            signature,
            [
                Field(name: "previous_code", description: "Python code that failed"),
                Field(name: "error", description: "why it failed"),
            ], [code], texts.regenerate)
        conclude = try Self.thought(
            signature,
            [
                Field(name: "final_generated_code", description: "Python code for the question"),
                Field(name: "code_output", description: "what the code printed"),
            ], signature.outputs, texts.conclude)
    }

    /// - Precondition: `shorthand` is a valid signature, and as ``init(_:maxIterations:)`` demands.
    public init(_ shorthand: String, instructions: String? = nil, maxIterations: Int = 3) {
        do throws(SignatureError) {
            try self.init(Signature(literal: shorthand, instructions: instructions), maxIterations: maxIterations)
        } catch {
            preconditionFailure("ProgramOfThought(\"\(shorthand)\"): \(error)")
        }
    }

    private static func thought(
        _ signature: Signature, _ inputs: [Field], _ outputs: [Field], _ fixed: String
    ) throws(SignatureError) -> ChainOfThought {
        let own = try Signature(inputs: signature.inputs + inputs, outputs: outputs, instructions: signature.instructions)
        return ChainOfThought(reasoned: try own.withReasoning(), fixedInstructions: fixed)
    }

    var parts: [(name: String, part: any Module)] {
        [("code_generate", generate), ("code_regenerate", regenerate), ("generate_output", conclude)]
    }

    var wholeSignature: Signature? { signature }

    /// - Throws: a ``RunFailure``, of kind `code` when the last code failed, too.
    public func forward(_ inputs: JSONObject) async throws -> Prediction {
        let scope = RunScope.active(for: self)
        guard let sandbox = scope.context.services.sandbox else {
            throw scope.refusal(
                "no_sandbox",
                "running a model's code is not enabled: set `code_execution: true` in the study's program, or give the run's "
                    + "services a sandbox")
        }
        return try await scope.run { try await answer(to: inputs, with: sandbox, in: scope) }
    }

    private func answer(to inputs: JSONObject, with sandbox: any CodeSandbox, in scope: RunScope) async throws -> Prediction {
        var written = try await generate.forward(inputs)
        var iteration = 1
        while true {
            let code = pythonCode(in: written["generated_code"]?.stringValue ?? "")
            switch try await run(code, in: sandbox, scope) {
            case .success(let output):
                return try await conclude.forward(
                    inputs.merging(["final_generated_code": .string(code), "code_output": .string(output)]))
            case .failure(let failure):
                guard iteration < maxIterations else {
                    throw RunFailure(
                        fault: .program, kind: "code",
                        message: "the code failed \(maxIterations) times, the last time with: \(failure)",
                        rawTexts: [code])
                }
                iteration += 1
                written = try await regenerate.forward(
                    inputs.merging(["previous_code": .string(code), "error": .string(failure.description)]))
            }
        }
    }

    /// What the code printed, or why it is no good; the run fails where the sandbox is out of order.
    private func run(
        _ code: String, in sandbox: any CodeSandbox, _ scope: RunScope
    ) async throws(RunFailure) -> Result<String, CodeFailure> {
        guard !code.isEmpty else { return .failure(.failed("there is no code")) }
        return try await scope.replayed(.output(code: code)) { () throws(RunFailure) -> Result<String, CodeFailure> in
            do throws(CodeFailure) {
                let output = try await sandbox.run(printingLastAssignment(code))
                return output.isEmpty ? .failure(.failed("the code printed nothing; it must print the result")) : .success(output)
            } catch {
                guard case .unavailable(let message) = error else { return .failure(error) }
                let failure = RunFailure(
                    fault: .infrastructure, kind: "sandbox", message: "the sandbox can't run code: \(message)")
                scope.recorder.note(failure)
                throw failure
            }
        }
    }
}

/// What the predictors of a ``ProgramOfThought`` are told beside their instructions.
private struct CodeInstructions {
    let generate: String
    let regenerate: String
    let conclude: String

    init(_ signature: Signature) {
        func list(_ fields: [Field]) -> String { fields.map { "`\($0.name)`" }.joined(separator: ", ") }
        let rules = """
            The code is Python 3 with nothing but its standard library, without network and files. It states the values of \
            \(list(signature.inputs)) that it needs as literals, computes \(list(signature.outputs)), and prints what it found.
            """
        generate = "Do not answer yet. Write code that computes the answer, as `generated_code`.\n\(rules)"
        regenerate =
            "The code `previous_code` was to compute the answer and failed with `error`. Write it anew, as `generated_code`."
            + "\n\(rules)"
        conclude = """
            To find the answer, the code `final_generated_code` was run and printed `code_output`. \
            Give \(list(signature.outputs)) by it.
            """
    }
}
