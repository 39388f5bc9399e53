package import JSON
package import Programs

/// How one example of one candidate ended.
package enum ExampleOutcome: Sendable, Hashable {
    case scored(Double)
    /// The program could not answer: counts the study's failure score.
    case programError
    /// The metric failed: missing data.
    case metricError
    /// The surroundings failed for good: missing data.
    case infrastructureError
}

/// One bootstrap attempt: a run of the teacher on a training row.
package struct Attempt: Sendable, Hashable {
    package var outcome: ExampleOutcome
    /// Every predictor call, in order.
    package var trace: [TraceStep]

    package init(outcome: ExampleOutcome, trace: [TraceStep]) {
        self.outcome = outcome
        self.trace = trace
    }
}

/// What came of a decision, in the order of its work.
package enum Outcome: Sendable, Hashable {
    /// One outcome per example of the block (not only of the fresh ones).
    case evaluated([ExampleOutcome])
    /// One attempt per example.
    case bootstrapped([Attempt])
    /// The output fields of every call; nil where it failed.
    case proposed([JSONObject?])
}
