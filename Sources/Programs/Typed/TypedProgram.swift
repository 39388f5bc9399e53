public import JSON

/// A program whose question and answer are of a signature type.
///
///     struct Support: TypedProgram {
///         let classify = Classify.predict()
///         let reply = Reply.chainOfThought()
///
///         func respond(to question: Request) async throws -> Request {
///             var answer = question
///             answer.intent = try await classify(message: question.message).intent
///             answer.reply = try await reply(message: question.message, intent: answer.intent).reply
///             return answer
///         }
///     }
///
///     let reply = try await Support()(message: "My card is gone").reply
public protocol TypedProgram: Program, TypedModule {
    // Declared again so that the compiler infers it from `respond(to:)`.
    /// The signature type: its inputs are the question, its outputs the answer.
    associatedtype Answer

    /// The question with its outputs set.
    func respond(to question: Answer) async throws -> Answer
}

extension TypedProgram {
    /// That of ``TypedModule/Answer``.
    public static var signature: Signature? { Answer.signature }

    /// - Throws: a ``RunFailure``; one of kind `output` where the program left an output unset.
    public func forward(_ inputs: JSONObject) async throws -> Prediction {
        let signature = Answer.signature
        let question: JSONObject
        do throws(MissingInput) { question = try signature.completed(inputs) } catch {
            throw RunFailure(fault: .program, kind: "missing_input", message: "\(Self.self): \(error)")
        }
        let values = try await respond(to: Answer(values: question)).values
        var outputs = JSONObject()
        for field in signature.outputs {
            guard let value = values[field.name] ?? field.fallback else {
                throw RunFailure(fault: .program, kind: "output", message: "\(Self.self) left its output '\(field.name)' unset")
            }
            outputs[field.name] = value
        }
        return Prediction(fields: outputs)
    }
}
