package import JSON

/// A study as the commands see it.
package struct StudyRecord: Sendable, Hashable {
    /// The key within the database.
    package var number: Int
    /// What users call it by.
    package var id: String
    package var name: String
    package var fingerprint: String
    package var spec: JSON
    package var planVersion: Int
    package var state: String
    package var finishReason: String?
    package var message: String?
    package var result: JSON?
    package var createdAt: String
    package var startedAt: String?
    package var finishedAt: String?

    package var isEnded: Bool { ["finished", "failed", "cancelled"].contains(state) }

    /// The number of the best trial, once the study has ended with a result.
    package var winner: Int? { result?["best"]?["trial"]?.intValue }
}

/// One line of a list of studies.
package struct StudyLine: Sendable, Hashable {
    package var id: String
    package var name: String
    package var state: String
    package var finishReason: String?
    package var message: String?
    package var trials: Int
    package var openUnits: Int
    package var leasedUnits: Int
    package var isLed: Bool
    /// Its share of the team's workers is in proportion to this: 1…100.
    package var priority: Int
    package var createdAt: String
    package var finishedAt: String?
    /// From its start to its end, or to now.
    package var elapsedSeconds: Double
}
