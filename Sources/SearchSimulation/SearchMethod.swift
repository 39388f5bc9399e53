internal import Optimizers

/// A way to search a surface, as `optimizer.search` names it.
package enum SearchMethod: String, Sendable, CaseIterable {
    /// The two-way GP over examples.
    case racing
    /// An ordinary GP over means.
    case gp
    case tpe
    case random
    /// MIPROv2's schedule, one trial after another.
    case dspy

    /// Examples per proposal.
    func block(of surface: Surface) -> Int {
        switch self {
        case .racing, .gp: RacingSchedule.block(rows: surface.validation)
        case .tpe, .random, .dspy: min(35, surface.validation)
        }
    }

    /// How many proposals the budget of `examples` is planned for, the baseline's examples among them.
    func trials(of surface: Surface, examples: Int) -> Int {
        let (block, rest) = (block(of: surface), surface.validation - block(of: surface))
        var trials = 1
        // Every fifth proposal, and the last, is followed by a full evaluation.
        while surface.validation + (trials + 1) * block + (trials + 5) / 5 * rest <= examples { trials += 1 }
        // DSPy's minibatches overlap, so that its budget lasts longer; it is stopped where the budget ends.
        return self == .dspy ? 3 * trials : trials
    }
}
