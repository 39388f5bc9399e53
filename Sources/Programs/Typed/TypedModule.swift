internal import JSON

/// A module whose questions and answers are values of a signature type.
///
///     let classify = Classify.predict()
///     let answer = try await classify(message: "My card is gone")    // a Classify
public protocol TypedModule<Answer>: Module {
    /// The signature type: its inputs are the question, its outputs the answer.
    associatedtype Answer: TypedSignature
}

extension TypedModule {
    /// The answer to inputs that `prepare` sets, checked by the compiler: `classify.ask { $0.message = text }`.
    /// - Throws: a ``RunFailure``.
    public func ask(_ prepare: (inout Answer) throws -> Void) async throws -> Answer {
        var question = Answer()
        try prepare(&question)
        return try await ask(question)
    }

    /// The answer to the inputs of `question`.
    /// - Throws: a ``RunFailure``.
    public func ask(_ question: Answer) async throws -> Answer {
        let inputs = Set(Answer.signature.inputs.map(\.name))
        return try await typedAnswer(to: question.values.filter { inputs.contains($0) })
    }

    /// The answer to named inputs: `classify(message: text)`.
    /// - Throws: a ``RunFailure``; one of kind `input` for a name that is no input.
    public func dynamicallyCall(withKeywordArguments inputs: KeyValuePairs<String, any Sendable>) async throws -> Answer {
        let known = Answer.signature.inputs.map(\.name)
        for (name, _) in inputs where !known.contains(name) {
            let hint =
                nearestName(to: name, in: known).map { "did you mean '\($0)'?" } ?? "it has \(known.joined(separator: ", "))"
            throw RunFailure(fault: .program, kind: "input", message: "\(Answer.self) has no input '\(name)'; \(hint)")
        }
        return try await typedAnswer(to: JSONObject(naming: inputs))
    }

    private func typedAnswer(to inputs: JSONObject) async throws -> Answer {
        try Answer(values: inputs.merging(try await called(inputs).fields))
    }
}
