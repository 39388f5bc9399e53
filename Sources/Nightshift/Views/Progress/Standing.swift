internal import Store

/// The uncompiled program's score and the best candidate's.
struct Standing: Sendable, Equatable {
    var baseline: TrialRecord?
    var best: TrialRecord?

    /// The mean over the examples that the best was scored on; while it is searched for, what the search believes, if it has a model:
    /// its examples are no fair sample.
    var bestScore: Double?

    /// The gain of the best candidate over the baseline, as a fraction.
    var gain: Double? {
        guard let bestScore, let baseline = baseline?.score else { return nil }
        return bestScore - baseline
    }

    init(_ snapshot: StudySnapshot) { self.init(snapshot.trials, winner: snapshot.winner) }

    /// - Parameter winner: nil while the study has none; until then the best is who stands highest.
    init(_ trials: [TrialRecord], winner: Int? = nil) {
        baseline = trials.first { $0.number == 0 && $0.score != nil }
        if let winner = trials.first(where: { $0.number == winner }) {
            (best, bestScore) = (winner, winner.score)
            return
        }
        let candidates = trials.filter { $0.number != 0 && $0.score != nil }
        // A candidate seen on a few examples is easily lucky: it needs half of what the most examined one has.
        let most = candidates.reduce(0) { max($0, $1.examples) }
        best = candidates.filter { $0.examples * 2 >= most }.max { left, right in
            (Self.worth(left), left.examples, -left.number) < (Self.worth(right), right.examples, -right.number)
        }
        bestScore = best.map(Self.worth)
    }

    private static func worth(_ trial: TrialRecord) -> Double { trial.posterior ?? trial.score ?? 0 }

    /// `baseline 47.3 %  best 63.1 % (trial 7, 100 examples)  +15.8`; nil before anything is scored.
    func line(_ style: Style) -> String? {
        var parts: [String] = []
        if let baseline, let score = baseline.score { parts.append("baseline \(score.percent)") }
        if let best, let score = bestScore {
            parts.append("best \(style.bold(score.percent)) (trial \(best.number), \(best.examples.counted("example")))")
        }
        if let gain { parts.append(style.gain(gain)) }
        return parts.isEmpty ? nil : parts.joined(separator: "  ")
    }
}
