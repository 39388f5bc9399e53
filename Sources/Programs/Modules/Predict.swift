public import JSON

/// One call of a model by a signature.
///
///     let classify = Predict("utterance -> intent")
///     let answer = try await classify(["utterance": "My card is lost"])
///
/// Inside a program it runs with the program's state and model; elsewhere with the model of ``withLanguageModel(_:_:)``.
public struct Predict: Module {
    public let signature: Signature
    /// Tells this predictor apart from an equal one: a program finds its predictors by it.
    let identity = PredictorIdentity()

    public init(_ signature: Signature) { self.signature = signature }

    /// - Precondition: `shorthand` is a valid signature; for one that is not a literal use `Signature(_:)`, which throws.
    public init(_ shorthand: String, instructions: String? = nil) {
        self.init(Signature(literal: shorthand, instructions: instructions))
    }

    /// - Throws: a ``RunFailure``.
    public func forward(_ inputs: JSONObject) async throws -> Prediction {
        if let scope = RunScope.current {
            let path = scope.paths[ObjectIdentifier(identity)]
            var call = PredictorCall(path: path ?? "", signature: signature, context: scope.context)
            call.path = path
            return Prediction(fields: try await call.answer(inputs, recorder: scope.recorder))
        }
        guard let model = DefaultLanguageModel.current else {
            throw RunFailure(
                fault: .refused, kind: "no_model",
                message: "no language model: call the predictor within withLanguageModel(…) { … }")
        }
        let call = PredictorCall(signature: signature, model: model)
        return Prediction(fields: try await call.answer(inputs, recorder: nil))
    }
}

/// A reference whose identity is a predictor's.
final class PredictorIdentity: Sendable {}

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
