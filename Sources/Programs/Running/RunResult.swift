/// Why a program did not answer.
public struct RunFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// Whose fault it is, which decides whether it counts as a score.
    public var fault: LanguageModelError.Fault
    /// A short class of errors: `unparseable`, `missing_input`, `assertion`, or the language model's own kind.
    public var kind: String
    /// What happened, in words.
    public var message: String
    /// What the model wrote, where that is the trouble: each answer to the question, in order.
    public var rawTexts: [String]

    /// Whose fault it is, in one word what, and in a sentence.
    public init(fault: LanguageModelError.Fault, kind: String, message: String, rawTexts: [String] = []) {
        self.fault = fault
        self.kind = kind
        self.message = message
        self.rawTexts = rawTexts
    }

    /// The failure that an error thrown by a program's code stands for.
    init(_ error: any Error) {
        self =
            switch error {
            case let failure as RunFailure: failure
            case let error as LanguageModelError:
                RunFailure(fault: error.fault, kind: error.kind.rawValue, message: error.message)
            case let error as ServiceError: RunFailure(fault: error.fault, kind: "service", message: error.message)
            case is CancellationError:
                RunFailure(
                    fault: .infrastructure, kind: LanguageModelError.Kind.cancelled.rawValue, message: "the run was cancelled")
            default: RunFailure(fault: .program, kind: "program_error", message: "\(error)")
            }
    }

    private static let assertionKind = "assertion"

    static func failedAssertion(_ message: String) -> RunFailure {
        RunFailure(fault: .program, kind: assertionKind, message: message)
    }

    var isFailedAssertion: Bool { kind == Self.assertionKind }
    var isCancellation: Bool { kind == LanguageModelError.Kind.cancelled.rawValue }

    public var description: String { message }
}

/// What came of one run.
public struct RunResult: Sendable {
    /// The answer, or why there is none.
    public var outcome: Result<Prediction, RunFailure>
    /// Every predictor call that led to the outcome, in order of completion; kept even if the run failed later. Calls of tries
    /// that were discarded are not among them.
    public var trace: [TraceStep]
    /// Of all calls, also of a failed run and of discarded tries.
    public var usage: UsageByRole
    /// What became of its assertions.
    public var assertions: AssertionCounts

    /// How a run ended, what it did on the way, and what it took.
    public init(
        outcome: Result<Prediction, RunFailure>, trace: [TraceStep], usage: UsageByRole,
        assertions: AssertionCounts = AssertionCounts()
    ) {
        self.outcome = outcome
        self.trace = trace
        self.usage = usage
        self.assertions = assertions
    }
}
