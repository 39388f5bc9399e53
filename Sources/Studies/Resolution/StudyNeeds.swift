package import Optimizers

/// What a command needs of a study file; sections that it does not need are not looked at.
package enum StudyNeeds: Sendable, Hashable {
    /// Everything.
    case compile
    /// LMs, program, metric and the data of one split.
    case evaluate(Split)
    /// LMs and program.
    case run
}
