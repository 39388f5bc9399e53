public import JSON

/// One call of a model by a signature.
///
///     let classify = Predict("utterance -> intent")
///     let answer = try await classify(["utterance": "My card is lost"])
///
/// Inside a program it runs with the program's state and model; elsewhere with those of ``configure(lm:services:adapter:)``.
public struct Predict: Module {
    /// Its inputs, outputs and initial instructions.
    public let signature: Signature
    /// What follows the instructions in every prompt, whatever an optimiser makes of them: a tool list.
    public let fixedInstructions: String?
    /// nil: the program's.
    public let adapter: Adapter?
    /// Worked examples that it starts with.
    public let demos: [JSONObject]
    /// Tells this predictor apart from an equal one: a program finds its predictors by it.
    let identity = ModuleIdentity()

    /// A predictor of the signature, with the demos that it begins with.
    public init(
        _ signature: Signature, demos: [JSONObject] = [], adapter: Adapter? = nil, fixedInstructions: String? = nil
    ) {
        self.signature = signature
        self.demos = demos
        self.adapter = adapter
        self.fixedInstructions = fixedInstructions
    }

    /// - Precondition: `shorthand` is a valid signature; for one that is not a literal use `Signature(_:)`, which throws.
    public init(_ shorthand: String, instructions: String? = nil, adapter: Adapter? = nil) {
        self.init(Signature(literal: shorthand, instructions: instructions), adapter: adapter)
    }

    /// - Throws: a ``RunFailure``.
    public func forward(_ inputs: JSONObject) async throws -> Prediction { try await forward(inputs, count: 1) }

    /// Asks for `count` answers at once: the prediction's ``Prediction/completions``.
    /// - Parameter choose: which of them the prediction's fields are, and the run's trace has; nil: the first.
    /// - Throws: a ``RunFailure``.
    public func forward(
        _ inputs: JSONObject, count: Int, choosing choose: (@Sendable ([JSONObject]) -> JSONObject?)? = nil
    ) async throws -> Prediction {
        let answer = try await PredictorCall(self, in: RunScope.active, count: count, choosing: choose).answer(inputs)
        return Prediction(fields: answer.outputs, completions: answer.completions)
    }
}

/// A reference whose identity is a module's.
final class ModuleIdentity: Sendable {}

extension Signature {
    /// A signature from the program's own source, where a mistake is the programmer's.
    init(literal shorthand: String, instructions: String?) {
        do throws(SignatureError) {
            try self.init(shorthand, instructions: instructions)
        } catch {
            preconditionFailure("signature \"\(shorthand)\": \(error)")
        }
    }
}
