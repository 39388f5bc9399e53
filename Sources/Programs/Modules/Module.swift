public import JSON

/// Something that answers: a predictor, or code that calls predictors.
///
/// It is called as a function, with named inputs or with one object: `classify(message: "…")`, `classify(inputs)`.
@dynamicCallable
public protocol Module: Sendable {
    /// The answer to the inputs.
    /// - Throws: a ``RunFailure``, or an error of the program's own code.
    func forward(_ inputs: JSONObject) async throws -> Prediction
}

/// A program in Swift. Its stored properties that are predictors, or that hold predictors, are what an optimiser tunes;
/// their names are the paths that DSPy would give them.
///
///     struct Banking: Program {
///         let topic = Predict("utterance -> topic")
///         let intent = ChainOfThought("utterance, topic -> intent")
///
///         func forward(_ inputs: JSONObject) async throws -> Prediction {
///             let topic = try await topic(inputs)
///             return try await intent(inputs.merging(topic.fields))
///         }
///     }
public protocol Program: Module {
    /// The uncompiled program.
    init()

    /// What the program takes and gives. nil: what its predictors need and none of them gives; what the last of them gives.
    static var signature: Signature? { get }

    /// How often one question to a predictor is put again because of failed assertions.
    static var maxBacktracks: Int { get }
}

extension Program {
    /// As the predictors have it.
    public static var signature: Signature? { nil }
    /// Two.
    public static var maxBacktracks: Int { 2 }
}
