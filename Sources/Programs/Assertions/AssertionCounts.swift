public import JSON

/// What became of a run's assertions.
public struct AssertionCounts: Sendable, Hashable {
    /// How often a predictor was asked again because an assertion failed.
    public var backtracks: Int
    /// Hard assertions that failed to the end: at most one, since it ends the run.
    public var failedAsserts: Int
    /// Soft assertions that failed to the end.
    public var failedSuggests: Int
    /// The messages of what failed to the end, in order.
    public var messages: [String]

    /// By default, nothing failed.
    public init(backtracks: Int = 0, failedAsserts: Int = 0, failedSuggests: Int = 0, messages: [String] = []) {
        self.backtracks = backtracks
        self.failedAsserts = failedAsserts
        self.failedSuggests = failedSuggests
        self.messages = messages
    }

    /// Whether no assertion ever failed.
    public var isEmpty: Bool { self == AssertionCounts() }

    /// `{"backtracks", "failed_asserts", "failed_suggests", "messages"}`.
    public var json: JSON {
        [
            "backtracks": .int(backtracks), "failed_asserts": .int(failedAsserts), "failed_suggests": .int(failedSuggests),
            "messages": .array(messages.map { .string($0) }),
        ]
    }
}
