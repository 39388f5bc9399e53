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

/// A run on a training row whose trace was kept.
package struct Attempt: Sendable, Hashable {
    package var outcome: ExampleOutcome
    /// Every predictor call, in order.
    package var trace: [TraceStep]
    /// What the metric said beside the score.
    package var feedback: String?
    /// Why there is no answer: the error, and what the model wrote.
    package var failure: String?

    package init(outcome: ExampleOutcome, trace: [TraceStep], feedback: String? = nil, failure: String? = nil) {
        self.outcome = outcome
        self.trace = trace
        self.feedback = feedback
        self.failure = failure
    }
}

/// What came of a decision, in the order of its work.
package enum Outcome: Sendable, Hashable {
    /// One outcome per example of the block (not only of the fresh ones).
    case evaluated([ExampleOutcome])
    /// One attempt per example.
    case bootstrapped([Attempt])
    /// One attempt per example.
    case traced([Attempt])
    /// The output fields of every call; nil where it failed.
    case proposed([JSONObject?])
    /// The name of the trained model; nil where the job failed, and why, if somebody has said so.
    case finetuned(model: String?, reason: String? = nil)
    /// Of a decision without work.
    case stopped
}
