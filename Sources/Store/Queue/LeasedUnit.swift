package import JSON

/// What kind of work a unit is.
package enum UnitKind: String, Sendable, Hashable {
    /// A candidate on examples of a split, for their scores.
    case evaluate
    /// A teacher on examples of train, for their traces.
    case bootstrap
    /// A candidate on examples of train, for traces and feedback.
    case trace
    /// One call of the instruction proposer, or a fine-tuning job: no examples, a payload.
    case propose
}

/// A unit in the hands of a worker.
package struct LeasedUnit: Sendable, Hashable {
    package var id: Int
    package var study: Int
    /// Which lease of the unit this is; with the session it fences releasing and failing.
    package var attempt: Int
    package var key: String
    package var kind: UnitKind
    package var candidate: String?
    package var split: String?
    /// What is still to be run: an earlier worker may have reported the rest.
    package var examples: [Int]
    package var rollout: Int
    package var payload: JSON?
    /// It has cost two workers: it is to run alone.
    package var isSuspect: Bool

    /// Names the unit in all databases for ever, unlike its number, which a restored database gives to another one. The same
    /// text is made by `nightshift.report_identified`.
    ///
    /// - Parameter study: the study's public id.
    package func identity(study: String) -> String { [study, key, candidate].compactMap(\.self).joined(separator: "/") }
}
