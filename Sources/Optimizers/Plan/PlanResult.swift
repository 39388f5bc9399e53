/// Why a plan's search ended.
package enum FinishReason: String, Sendable, Hashable, CaseIterable {
    /// All that was planned is done, or nothing is left to try.
    case trials
    /// It is unlikely that another candidate is better by a margin that matters.
    case converged
    case targetScore = "target_score"
    /// So many decisions brought no better candidate as the study allows.
    case noImprovement = "no_improvement"
    case budgetCalls = "budget_calls"
    case budgetTokens = "budget_tokens"
    case budgetUSD = "budget_usd"
    case budgetWall = "budget_wall"
}

/// Lower and upper bound at 95 %.
package struct Interval: Sendable, Hashable {
    package var lower: Double
    package var upper: Double

    package init(lower: Double, upper: Double) {
        self.lower = lower
        self.upper = upper
    }
}

/// What is known of one trial on one split.
package struct Estimate: Sendable, Hashable {
    /// The plain mean of the scored examples (a program error counts the failure score); nil when there is none.
    package var mean: Double?
    /// See ``meanInterval(_:)``; nil when there is too little to tell.
    package var interval: Interval?
    /// How many examples were scored.
    package var examples: Int
    /// The share of the split's rows that were scored: 0…1.
    package var coverage: Double
    /// Whether the coverage reaches the study's threshold.
    package var isComplete: Bool

    package init(mean: Double?, interval: Interval?, examples: Int, coverage: Double, isComplete: Bool) {
        self.mean = mean
        self.interval = interval
        self.examples = examples
        self.coverage = coverage
        self.isComplete = isComplete
    }
}

/// What a plan found.
package struct PlanResult: Sendable, Hashable {
    package var finishReason: FinishReason
    /// The uncompiled program's trial: 0.
    package var baselineTrial: Int
    /// The winner: highest mean on the whole validation split over the examples that both have; the baseline wins ties.
    package var bestTrial: Int
    package var baselineVal: Estimate
    package var bestVal: Estimate
    /// nil without a test split.
    package var baselineTest: Estimate?
    package var bestTest: Estimate?
    /// Of the winner's gain over the baseline on the validation split, see ``pairedInterval(_:areFractions:)``; what the choice rests on.
    package var valGainInterval: Interval?
    /// Of the winner's gain over the baseline on test, see ``pairedInterval(_:areFractions:)``.
    package var gainInterval: Interval?
    /// False when too few of the baseline's validation examples were scored to compare anything with it.
    package var isBaselineJudged: Bool
    /// What a reader of the result should know, in sentences.
    package var notes: [String]

    package init(
        finishReason: FinishReason, baselineTrial: Int = 0, bestTrial: Int, baselineVal: Estimate, bestVal: Estimate,
        baselineTest: Estimate?, bestTest: Estimate?, valGainInterval: Interval? = nil, gainInterval: Interval?,
        isBaselineJudged: Bool, notes: [String] = []
    ) {
        self.finishReason = finishReason
        self.baselineTrial = baselineTrial
        self.bestTrial = bestTrial
        self.baselineVal = baselineVal
        self.bestVal = bestVal
        self.baselineTest = baselineTest
        self.bestTest = bestTest
        self.valGainInterval = valGainInterval
        self.gainInterval = gainInterval
        self.isBaselineJudged = isBaselineJudged
        self.notes = notes
    }
}
