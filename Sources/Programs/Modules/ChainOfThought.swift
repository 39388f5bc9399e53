public import JSON

/// A predictor that first writes down its `reasoning`.
public struct ChainOfThought: Module {
    /// The predictor, with `reasoning` as its first output.
    public let predict: Predict

    /// - Throws: a ``SignatureError`` when the signature has an input named `reasoning`.
    public init(_ signature: Signature, adapter: Adapter? = nil) throws(SignatureError) {
        self.init(reasoned: try signature.withReasoning(), adapter: adapter)
    }

    /// Of a signature whose first output is the reasoning.
    init(reasoned signature: Signature, demos: [JSONObject] = [], adapter: Adapter? = nil, fixedInstructions: String? = nil) {
        predict = Predict(signature, demos: demos, adapter: adapter, fixedInstructions: fixedInstructions)
    }

    /// - Precondition: `shorthand` is a valid signature without an input named `reasoning`.
    public init(_ shorthand: String, instructions: String? = nil, adapter: Adapter? = nil) {
        do throws(SignatureError) {
            try self.init(Signature(literal: shorthand, instructions: instructions), adapter: adapter)
        } catch {
            preconditionFailure("signature \"\(shorthand)\": \(error)")
        }
    }

    /// - Throws: a ``RunFailure``.
    public func forward(_ inputs: JSONObject) async throws -> Prediction { try await predict.forward(inputs) }
}

extension Signature {
    /// The signature with `reasoning` as its first output; one that the user declared moves there. The instructions stay.
    func withReasoning() throws(SignatureError) -> Signature {
        let reasoning = outputs.first { $0.name == "reasoning" } ?? Field(name: "reasoning")
        return try Signature(
            inputs: inputs, outputs: [reasoning] + outputs.filter { $0.name != "reasoning" }, instructions: instructions)
    }
}
