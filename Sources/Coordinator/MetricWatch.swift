internal import Optimizers

/// Tells a metric that fails by itself from one that fails on what a few candidates answer. A value without I/O.
///
/// Where it fails on most examples of the uncompiled program, or of three candidates one after another, it says nothing of any: the study
/// can't go on. One candidate's errors are missing data. So are those of what was tried again, which failed before, and those that
/// come when the search is over.
struct MetricWatch: Sendable {
    /// Of one decision.
    struct Failure: Sendable, Hashable {
        var failed: Int
        var all: Int
    }

    /// The candidates of the last decisions, most of whose examples failed.
    private var failing: Set<String> = []
    private static let candidates = 3
    private static let examples = 3

    /// Takes in the outcomes in the order in which they are told.
    /// - Returns: what failed last, where the study can't go on.
    mutating func look(at outcome: Outcome, of decision: Decision) -> Failure? {
        guard let (candidate, outcomes) = evidence(outcome, decision), !outcomes.isEmpty else { return nil }
        let failed = outcomes.count { $0 == .metricError }
        guard failed >= Self.examples, 2 * failed > outcomes.count else {
            failing = []
            return nil
        }
        failing.insert(candidate)
        guard decision.stage == .baseline || failing.count >= Self.candidates else { return nil }
        return Failure(failed: failed, all: outcomes.count)
    }

    /// nil of what says nothing of the metric.
    private func evidence(_ outcome: Outcome, _ decision: Decision) -> (String, [ExampleOutcome])? {
        switch (decision.work, decision.stage, outcome) {
        case (.evaluate(_, let candidate, _, _, _, 0), .baseline, .evaluated(let outcomes)),
            (.evaluate(_, let candidate, _, _, _, 0), .search, .evaluated(let outcomes)):
            (candidate, outcomes)
        case (.trace(let candidate, _, _), _, .traced(let attempts)),
            (.bootstrap(let candidate, _, _), _, .bootstrapped(let attempts)):
            (candidate, attempts.map(\.outcome))
        default: nil
        }
    }
}
