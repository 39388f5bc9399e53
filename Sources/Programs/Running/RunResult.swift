/// Why a program did not answer.
public struct RunFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// Whose fault it is, which decides whether it counts as a score.
    public var fault: LanguageModelError.Fault
    /// A short class of errors: `unparseable`, `missing_input`, or the language model's own kind.
    public var kind: String
    public var message: String
    /// What the model wrote, where that is the trouble.
    public var rawText: String?

    public init(fault: LanguageModelError.Fault, kind: String, message: String, rawText: String? = nil) {
        self.fault = fault
        self.kind = kind
        self.message = message
        self.rawText = rawText
    }

    public var description: String { message }
}

/// What came of one run.
public struct RunResult: Sendable {
    public var outcome: Result<Prediction, RunFailure>
    /// Every predictor call that was answered, in order of completion; kept even if the run failed later.
    public var trace: [TraceStep]
    /// Of all calls, also of a failed run.
    public var usage: Usage

    public init(outcome: Result<Prediction, RunFailure>, trace: [TraceStep], usage: Usage) {
        self.outcome = outcome
        self.trace = trace
        self.usage = usage
    }
}
