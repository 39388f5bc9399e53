package import JSON

/// The part of a study that is the optimiser's own, between the baseline and the confirmation: bootstrapping, proposing,
/// searching.
package protocol SearchStrategy: Sendable {
    /// The validation rows that the search compares candidates on.
    var rows: [Int] { get }
    /// How the uncompiled program is written in the search's parameters.
    var baselineParams: JSONObject { get }

    /// What to do next. Decisions are made by the record; evaluations are told to the record alone.
    mutating func next(_ record: inout PlanRecord) -> StrategyStep

    /// How many more trials may yet be evaluated in full; nil while that is not settled.
    func fullEvaluationsToCome(_ record: PlanRecord) -> Int?

    /// What came of a decision that is no evaluation.
    mutating func tell(_ outcome: Outcome, of decision: Int)

    /// The trials to confirm on the whole validation split when the search is over, the best first.
    func contenders(_ record: PlanRecord) -> [Int]

    /// Whether the contenders may be trials that have been searched on a few rows: then most of their confirmation is to come.
    var mayChooseAnyTrial: Bool { get }

    /// What the search believes of its trials; empty where it has no model.
    func beliefs(_ record: PlanRecord) -> [TrialBelief]

    /// How many examples of the search may be decided ahead of their results; nil while that is not settled, and where the steps of
    /// the search itself say how many are under way: then its slots are counted by what it has asked for.
    var width: Int? { get }

    /// What a reader of the result should know of the search, in sentences.
    var notes: [String] { get }
}

/// What a search's model believes of one trial's mean over the validation rows.
package struct TrialBelief: Sendable, Hashable {
    package var trial: Int
    package var mean: Double
    /// Of the mean: one standard deviation.
    package var deviation: Double

    package init(trial: Int, mean: Double, deviation: Double) {
        self.trial = trial
        self.mean = mean
        self.deviation = deviation
    }
}

extension SearchStrategy {
    package func fullEvaluationsToCome(_ record: PlanRecord) -> Int? { nil }

    package mutating func tell(_ outcome: Outcome, of decision: Int) {}

    package var mayChooseAnyTrial: Bool { false }

    package var width: Int? { nil }

    package var notes: [String] { [] }

    package func contenders(_ record: PlanRecord) -> [Int] { bestByMean(record) }

    /// The up to two best by mean: fully searched ones first; of equals the simpler program, then the earlier trial.
    func bestByMean(_ record: PlanRecord) -> [Int] {
        let ranked = record.trials.dropFirst().compactMap { trial -> (number: Int, isFull: Bool, mean: Double)? in
            guard let mean = trial.mean(of: .val, in: rows) else { return nil }
            guard trial.coverageSoFar(of: .val, in: rows) >= record.facts.minCoverage else { return nil }
            return (trial.number, trial.isTold(of: .val, in: rows), mean)
        }.sorted { left, right in
            if left.isFull != right.isFull { return left.isFull }
            if left.mean != right.mean { return left.mean > right.mean }
            return (record.length(of: left.number), left.number) < (record.length(of: right.number), right.number)
        }
        return ranked.prefix(2).map(\.number)
    }

    package func beliefs(_ record: PlanRecord) -> [TrialBelief] { [] }
}

package enum StrategyStep {
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
    ///   - width: the study's own setting; nil: a tenth of the planned examples, at most 400.
    ///   - least: of the width that is not set, beside two blocks.
    init(width: Int?, block: Int, planned: Int, least: Int = 0) {
        self.width = width ?? max(min(max(planned / 10, least), 400), 2 * block)
        self.planned = planned
    }

    /// The decision to wait for before more can be asked for; nil while fewer examples than the width are pending. So the
    /// last block may reach beyond the width: a window that is left short leaves slots idle.
    func blocker(in record: PlanRecord) -> Int? {
        record.pendingSearchExamples >= width ? record.oldestPending(of: [.search]) : nil
    }
}
