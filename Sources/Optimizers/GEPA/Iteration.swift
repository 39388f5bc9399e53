internal import Programs

/// One step of the evolution under way: a reflection on a member of the population, or a merge of two.
struct Iteration: Sendable {
    enum Stage: Sendable {
        /// The parent runs on the minibatch.
        case parentRuns
        /// The `prompt` model writes instructions for these predictors.
        case proposal(paths: [String])
        /// The child runs on the same minibatch.
        case childRuns(ProgramState)
        /// A merged candidate runs on a few validation rows.
        case check(trial: Int)
        /// The candidate runs on all validation rows.
        case evaluation(trial: Int)
    }

    let number: Int
    /// Members of the population.
    let parents: [Int]
    /// The training rows of its minibatch; of a merge, the validation rows that it is checked on.
    let rows: [Int]
    var stage: Stage
    /// The decisions that must be told before it goes on.
    var waits: Set<Int> = []
    /// Metric calls that it has asked for.
    var spent = 0
    /// Metric calls that it may yet ask for.
    var reserved: Int

    init(number: Int, parents: [Int], rows: [Int], stage: Stage, reserved: Int) {
        self.number = number
        self.parents = parents
        self.rows = rows
        self.stage = stage
        self.reserved = reserved
    }

    var mayBeEvaluatedNext: Bool {
        switch stage {
        case .childRuns, .check: true
        case .parentRuns, .proposal, .evaluation: false
        }
    }

    var isEvaluated: Bool { if case .evaluation = stage { true } else { false } }
}
