/// An optimiser as a value without I/O: a deterministic coroutine.
///
/// Decisions are numbered 0, 1, 2, … in the order in which `next` issues them. The driver calls `next` until it returns
/// `.await(k)`, fetches the outcome of decision k, calls `tell` with it, and goes on until `.finish`. The sequence of steps
/// follows from the told outcomes alone, never from timing, so replaying recorded outcomes after a crash leads to the same place.
/// Every decision is awaited exactly once before `.finish`. Only the baseline may be awaited later than a decision
/// issued after it: a driver must tell the outcome that `.await` names.
package protocol Plan: Sendable {
    /// Changes whenever the same outcomes could lead to other decisions; a study records it.
    static var version: Int { get }

    /// What to do next. Repeats `.await` until `tell` is called, and `.finish` for ever.
    mutating func next() -> PlanStep

    /// The outcome of the decision that the last `.await` named.
    mutating func tell(_ outcome: Outcome)

    /// Ends the search from outside: a budget is spent. To be called where no outcome is awaited. A decision then records the
    /// stop, and what follows uses what is known. Behind the search it ends nothing, but is the reason where rows are missing.
    mutating func stop(_ reason: FinishReason)

    /// How many runs of the program would still be needed if the search ended now: what is pending, confirmation, test.
    var examplesToEnd: Int { get }

    /// What the search believes of its trials; empty where it has no model.
    var beliefs: [TrialBelief] { get }

    /// How many examples of the search may be decided ahead of their results; nil while that is not settled, and where no window but
    /// the optimiser's own steps say how many.
    var width: Int? { get }
}

extension Plan {
    package mutating func stop(_ reason: FinishReason) {}
    package var examplesToEnd: Int { 0 }
    package var beliefs: [TrialBelief] { [] }
    package var width: Int? { nil }
}

package enum PlanStep: Sendable, Hashable {
    case issue(Decision)
    /// The index of the decision whose outcome must be told before the plan goes on.
    case await(Int)
    case finish(PlanResult)
}

/// Which rows of a study: `train` to learn from, `val` to choose by, `test` to report on.
package enum Split: String, Sendable, Hashable, CaseIterable {
    case train
    case val
    case test
}

/// The stages of a study, in their order.
package enum Stage: String, Sendable, Hashable, CaseIterable {
    case baseline
    case bootstrap
    case propose
    case search
    case confirm
    case test
}
