/// DSPy's GEPA: instructions evolve by reflection on what went wrong.
package struct GEPASettings: KindSettings {
    package static let name = "gepa"

    package enum Auto: String, Sendable, Hashable, CaseIterable {
        case light
        case medium
        case heavy

        /// How many candidates the budget is made for.
        var candidates: Int {
            switch self {
            case .light: 6
            case .medium: 12
            case .heavy: 18
            }
        }
    }

    /// Whom a reflection starts from.
    package enum CandidateSelection: String, Sendable, Hashable, CaseIterable {
        /// Drawn among those that are best on some validation row, by how many these are.
        case pareto
        case currentBest = "current_best"
    }

    /// Which predictors one reflection rewrites.
    package enum ComponentSelection: String, Sendable, Hashable, CaseIterable {
        case roundRobin = "round_robin"
        case all
    }

    /// Exactly one of these three is set: how many runs of the program the metric is to judge.
    package var auto: Auto?
    /// Full evaluations of the training and the validation rows together.
    package var maxFullEvals: Int?
    package var maxMetricCalls: Int?
    package var reflectionMinibatchSize = 3
    package var candidateSelection = CandidateSelection.pareto
    package var componentSelection = ComponentSelection.roundRobin
    /// Nothing is learnt from a minibatch on which all scores are perfect.
    package var skipPerfectScore = true
    package var perfectScore = 1.0
    /// Whether runs that failed are shown to the reflecting model.
    package var addFormatFailureAsFeedback = false
    package var useMerge = true
    package var maxMergeInvocations = 5

    package init(auto: Auto) { self.auto = auto }
}
