internal import JSON

/// The part of a study that is the optimiser's own, between the baseline and the confirmation: bootstrapping, proposing,
/// searching.
protocol SearchStrategy: Sendable {
    /// The validation rows that the search compares candidates on.
    var rows: [Int] { get }
    /// How the uncompiled program is written in the search's parameters.
    var baselineParams: JSONObject { get }

    /// What to do next. Decisions are made by the record; evaluations are told to the record alone.
    mutating func next(_ record: inout StudyRecord) -> StrategyStep

    /// How many more trials may yet be evaluated in full; nil while that is not settled.
    func fullEvaluationsToCome(_ record: StudyRecord) -> Int?

    /// What came of a bootstrap or propose decision.
    mutating func tell(_ outcome: Outcome, of decision: Int)
}

enum StrategyStep {
    case issue(Decision)
    case await(Int)
    /// Nothing of the search is pending any more.
    case done(FinishReason)
}

/// Bounds how much of a search is decided ahead of its results.
struct SearchWindow: Sendable {
    /// In examples.
    let width: Int
    /// How many examples the whole search is expected to ask for.
    let planned: Int

    /// - Parameters:
    ///   - width: the study's own setting; nil: a tenth of the planned examples, at least two blocks and else at most 400.
    init(width: Int?, block: Int, planned: Int) {
        self.width = width ?? max(min(planned / 10, 400), 2 * block)
        self.planned = planned
    }

    /// The decision to wait for before more can be asked for; nil while fewer examples than the width are pending. So the
    /// last block may reach beyond the width: a window that is left short leaves slots idle.
    func blocker(in record: StudyRecord) -> Int? {
        record.pendingSearchExamples >= width ? record.oldestPending(of: [.search]) : nil
    }
}
