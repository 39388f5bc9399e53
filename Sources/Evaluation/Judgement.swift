package import JSON
package import Programs

/// How a task ended.
package enum Judgement: Sendable {
    package enum Outcome: Sendable, Hashable {
        case scored(Double)
        /// The program could not answer: counts the study's failure score.
        case programError(Double)
        /// The metric failed: missing data.
        case metricError
    }

    /// - detail: prediction, error, feedback, assertions, trace.
    case judged(Outcome, detail: JSON, usage: UsageByRole)
    /// The surroundings failed: to be tried again, elsewhere.
    case failed(String)
    /// The study's budget had no room for one of its calls.
    case unpaid(String)
    /// No call of this kind can succeed until somebody acts: a bad key, an unknown model.
    case refused(String)
}
