package import JSON

/// A trial with what follows from its results.
package struct TrialRecord: Sendable, Hashable {
    package var number: Int
    package var candidate: String
    package var params: JSON
    package var provenance: String
    package var state: String
    /// Plain mean of the validation examples scored so far.
    package var score: Double?
    package var examples: Int
    /// Examples that ended in an error of any kind.
    package var errors: Int
    package var calls: Int
    package var createdAt: String
    package var finishedAt: String?
    /// What the search's model believes of its mean; nil where there is none.
    package var posterior: Double?
    /// The standard deviation of that belief.
    package var deviation: Double?
    /// nil where nobody asked for it, or nothing is scored.
    package var spread: ScoreSpread?
}

/// How the scores of a trial's validation examples spread.
package struct ScoreSpread: Sendable, Hashable {
    /// All are 0 or 1.
    package var areBinary: Bool
    /// All are from 0 to 1.
    package var areFractions: Bool
    /// Their standard deviation as a sample; nil of fewer than two.
    package var deviation: Double?

    package init(areBinary: Bool, areFractions: Bool, deviation: Double?) {
        self.areBinary = areBinary
        self.areFractions = areFractions
        self.deviation = deviation
    }
}

/// LM usage of one stage and role.
package struct UsageRecord: Sendable, Hashable {
    package var stage: String
    package var role: String
    package var calls: Int
    package var attempts: Int
    package var cached: Int
    package var promptTokens: Int
    package var completionTokens: Int
}

/// How far a stage is: examples (or proposals) done and planned, and the time it has spanned.
package struct StageProgress: Sendable, Hashable {
    package var stage: String
    package var done: Int
    package var open: Int
    /// From its first decision to the last result, in seconds.
    package var seconds: Double
    /// Seconds since the epoch.
    package var startedAt: Double
    package var endedAt: Double
}
