package import Surrogates

/// DSPy's MIPROv2.
package struct MIPROSettings: KindSettings {
    package static let name = "mipro"

    package enum Auto: String, Sendable, Hashable, CaseIterable {
        case light
        case medium
        case heavy

        /// How many candidates of each kind.
        var candidates: Int {
            switch self {
            case .light: 6
            case .medium: 12
            case .heavy: 18
            }
        }

        /// At most so many validation rows are searched.
        var rowLimit: Int {
            switch self {
            case .light: 100
            case .medium: 300
            case .heavy: 1000
            }
        }
    }

    /// Who chooses the next point.
    package enum Search: String, Sendable, Hashable, CaseIterable {
        /// The two-way GP over examples: small blocks, no planned full evaluations.
        case racing
        /// An ordinary GP over means with LogEI, on the same blocks.
        case gp
        case tpe
        case random
        /// MIPROv2's own schedule with TPE: one trial after another.
        case dspy
    }

    package var demos = DemoSettings(maxBootstrappedDemos: 4, maxLabeledDemos: 4)
    package var auto: Auto? = .light
    /// Both set where `auto` is nil.
    package var numCandidates: Int?
    package var numTrials: Int?
    package var minibatch = true
    package var minibatchSize = 35
    package var minibatchFullEvalSteps = 5
    package var programAwareProposer = true
    package var dataAwareProposer = true
    package var tipAwareProposer = true
    package var fewshotAwareProposer = true
    package var viewDataBatchSize = 10
    package var initTemperature = 1.0
    /// How often instructions are proposed: before the search, and then during it, shown how those so far have scored.
    package var proposalRounds = 1
    package var search = Search.racing
    /// How many examples the search may ask for; only its first proposal may go beyond. nil: what MIPROv2's schedule would, of
    /// `racing` and `gp` half of that.
    package var searchBudget: Int?
    /// When `racing` has found what there is to find.
    package var settling = SettlingRule(margin: 0.01, probability: 0.05)

    package init() {}

    /// Only instructions are searched.
    var isZeroShot: Bool { demos.maxBootstrappedDemos == 0 && demos.maxLabeledDemos == 0 }

    /// Choices of demo sets per predictor.
    var demoSetCount: Int { auto?.candidates ?? numCandidates ?? 1 }

    /// Choices of instructions per predictor, the original included.
    var instructionCount: Int {
        guard let auto else { return numCandidates ?? 1 }
        return isZeroShot ? auto.candidates : auto.candidates / 2
    }
}
