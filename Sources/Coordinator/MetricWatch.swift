internal import Optimizers

/// Tells a metric that fails by itself from one that fails on what a few candidates answer. A value without I/O.
///
/// It says nothing of any candidate, and the study can't go on, where it fails on most of the answers that it sees
/// - of the uncompiled program, or of whatever is run first, such as the one program of an evaluation; or
/// - of three candidates one after another, or on training rows, twenty answers at least.
///
/// A single candidate's errors are missing data. So are those of what was tried again, which failed before, and those that come when the
/// search is over.
struct MetricWatch: Sendable {
    /// Of one decision.
    struct Failure: Sendable, Hashable {
        var failed: Int
        /// Answers that reached the metric.
        var all: Int
    }

    private var isFirst = true
    /// The decisions one after another whose answers it mostly failed on.
    private var streak = Streak()

    private struct Streak: Sendable {
        var candidates: Set<String> = []
        var answers = 0
    }

    private static let leastAnswers = 3
    private static let leastCandidates = 3
    private static let leastOfStreak = 20

    /// Takes in the outcomes in the order in which they are told.
    /// - Returns: what failed last, where the study can't go on.
    mutating func look(at outcome: Outcome, of decision: Decision) -> Failure? {
        guard let (candidate, outcomes) = evidence(outcome, decision) else { return nil }
        let failed = outcomes.count { $0 == .metricError }
        let all = failed + outcomes.count { if case .scored = $0 { true } else { false } }
        if all >= Self.leastAnswers, 2 * failed <= all {
            isFirst = false
            streak = Streak()
        }
        // Few answers say nothing.
        guard failed >= Self.leastAnswers, 2 * failed > all else { return nil }
        defer { isFirst = false }
        streak.candidates.insert(candidate)
        streak.answers += all
        guard isFirst || isDecisive(decision) else { return nil }
        return Failure(failed: failed, all: all)
    }

    private func isDecisive(_ decision: Decision) -> Bool {
        if decision.stage == .baseline { return true }
        guard streak.answers >= Self.leastOfStreak else { return false }
        return switch decision.work {
        case .trace, .bootstrap: true
        default: streak.candidates.count >= Self.leastCandidates
        }
    }

    /// nil of what says nothing of the metric.
    private func evidence(_ outcome: Outcome, _ decision: Decision) -> (candidate: String, outcomes: [ExampleOutcome])? {
        switch (decision.work, outcome) {
        case (.evaluate(_, let candidate, _, _, _, 0), .evaluated(let outcomes))
        where isFirst || ![.confirm, .test].contains(decision.stage):
            (candidate, outcomes)
        case (.trace(let candidate, _, _), .traced(let attempts)), (.bootstrap(let candidate, _, _), .bootstrapped(let attempts)):
            (candidate, attempts.map(\.outcome))
        default: nil
        }
    }
}
