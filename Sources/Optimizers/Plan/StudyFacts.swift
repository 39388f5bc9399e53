package import JSON
package import Programs

/// What a plan knows of its study. Validation and test rows stay with the workers; a plan sees only their numbers.
package struct StudyFacts: Sendable {
    package var seed: UInt64
    /// The uncompiled program: trial 0.
    package var initial: ProgramState
    package var predictors: [PredictorDescription]
    /// What the study leaves to the optimiser beside instructions and demos.
    package var parameters: [ParameterDescription]
    /// Readable pseudo-code of the program for the instruction proposer.
    package var sourceText: String
    package var train: [JSONObject]
    package var inputKeys: [String]
    package var valCount: Int
    package var testCount: Int
    /// What a program error counts in every mean.
    package var failureScore: Double
    /// The share of its examples that a trial must have scored to win: 0…1.
    package var minCoverage: Double
    package var settings: OptimizerSettings
    /// Candidates of the team's earlier studies of the same program, the best first: what the search may begin with.
    package var earlier: [EarlierCandidate]

    /// - Parameters:
    ///   - failureScore: nil takes the settings' own.
    ///   - minCoverage: nil takes the settings' own.
    package init(
        seed: UInt64, initial: ProgramState, predictors: [PredictorDescription], parameters: [ParameterDescription] = [],
        sourceText: String, train: [JSONObject], inputKeys: [String], valCount: Int, testCount: Int, failureScore: Double? = nil,
        minCoverage: Double? = nil,
        settings: OptimizerSettings, earlier: [EarlierCandidate] = []
    ) {
        self.seed = seed
        self.initial = initial
        self.predictors = predictors
        self.parameters = parameters
        self.sourceText = sourceText
        self.train = train
        self.inputKeys = inputKeys
        self.valCount = valCount
        self.testCount = testCount
        self.failureScore = failureScore ?? settings.failureScore
        self.minCoverage = minCoverage ?? settings.minCoverage
        self.settings = settings
        self.earlier = earlier
    }

    /// The input fields of a training row.
    func inputs(of row: Int) -> JSONObject { train[row].filter { inputKeys.contains($0) } }

    func rowCount(of split: Split) -> Int {
        switch split {
        case .train: train.count
        case .val: valCount
        case .test: testCount
        }
    }
}

/// A candidate that an earlier study of the team has left.
package struct EarlierCandidate: Sendable, Hashable {
    /// Without demos that are in this study's validation or test data.
    package var state: ProgramState
    /// Where it comes from, in words: `support-routing 3f2a9c0d trial 7`.
    package var provenance: String
    /// Its mean there, and over how many examples.
    package var score: Double
    package var examples: Int

    package init(state: ProgramState, provenance: String, score: Double, examples: Int) {
        self.state = state
        self.provenance = provenance
        self.score = score
        self.examples = examples
    }

    /// Why it is a trial, in words.
    var reason: String { "warm start: \(provenance)" }
}
