/// The optimizer section of a study file, resolved.
package struct OptimizerSettings: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case randomSearch(RandomSearchSettings)
        case mipro(MIPROSettings)
    }

    package var kind: Kind
    /// How many examples of the search may be asked for ahead of their results; nil: follows from the plan.
    package var width: Int?
    /// What a program error counts.
    package var failureScore = 0.0
    /// The share of its examples that a trial must have scored to win.
    package var minCoverage = 0.9
    /// The search ends when a fully searched trial has at least this mean.
    package var targetScore: Double?

    package init(kind: Kind) { self.kind = kind }

    package var name: String {
        switch kind {
        case .randomSearch: "random_search"
        case .mipro: "mipro"
        }
    }
}

extension OptimizerSettings {
    /// Sets the least score of a demo where the study says nothing about it.
    package mutating func acceptDemos(from threshold: Double) {
        switch kind {
        case .randomSearch(var settings):
            settings.demos.metricThreshold = settings.demos.metricThreshold ?? threshold
            kind = .randomSearch(settings)
        case .mipro(var settings):
            settings.demos.metricThreshold = settings.demos.metricThreshold ?? threshold
            kind = .mipro(settings)
        }
    }
}

/// What random search and MIPRO share: how demos are made.
package struct DemoSettings: Sendable, Hashable {
    package var maxBootstrappedDemos: Int
    package var maxLabeledDemos: Int
    package var maxRounds = 1
    /// The least score of a demo; nil: any score above 0.
    package var metricThreshold: Double?

    var limits: DemoLimits { DemoLimits(bootstrapped: maxBootstrappedDemos, labeled: maxLabeledDemos) }
}

/// DSPy's BootstrapFewShotWithRandomSearch.
package struct RandomSearchSettings: Sendable, Hashable {
    package var demos = DemoSettings(maxBootstrappedDemos: 4, maxLabeledDemos: 16)
    package var numCandidatePrograms = 16
    /// A fraction.
    package var stopAtScore: Double?

    package init() {}
}

/// DSPy's MIPROv2.
package struct MIPROSettings: Sendable, Hashable {
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
        case tpe
        case random
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
    package var search = Search.tpe

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
