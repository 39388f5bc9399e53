internal import JSON
internal import Programs

/// A candidate of a search that knows all its candidates before it begins.
struct Entrant: Sendable {
    var state: ProgramState
    /// How the trial table writes it.
    var params: JSONObject
    /// Where it comes from, in words.
    var provenance: String
}

extension StudyFacts {
    /// The team's earlier candidates that the study begins with.
    var earlierEntrants: [Entrant] {
        earlier.prefix(settings.warmStart).enumerated().map { number, candidate in
            Entrant(state: candidate.state, params: ["earlier": .int(number)], provenance: candidate.reason)
        }
    }
}

/// Compares candidates that are all known.
protocol CandidateSearch: Sendable {
    /// What to do next. Decisions are made by the record.
    mutating func next(_ record: inout PlanRecord) -> StrategyStep
    /// How many examples may be under way at once.
    var width: Int { get }
}
