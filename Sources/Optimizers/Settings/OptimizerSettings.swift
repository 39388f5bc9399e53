package import JSON

/// The optimizer section of a study file, resolved.
package struct OptimizerSettings: Sendable {
    /// All that exist, in the order in which they are named to users.
    static let kinds: [any KindSettings.Type] = [
        LabeledFewShotSettings.self, BootstrapFewShotSettings.self, RandomSearchSettings.self, KNNFewShotSettings.self,
        EnsembleSettings.self, COPROSettings.self, BayesianSignatureSettings.self, MIPROSettings.self, GEPASettings.self,
        BootstrapFinetuneSettings.self, BetterTogetherSettings.self,
    ]

    package var kind: any KindSettings
    /// How many examples of the search may be asked for ahead of their results; nil: follows from the plan.
    package var width: Int?
    /// What a program error counts.
    package var failureScore = 0.0
    /// The share of its examples that a trial must have scored to win.
    package var minCoverage = 0.9
    /// The search ends when a fully searched trial has at least this mean.
    package var targetScore: Double?
    /// The search ends when so many evaluations in a row have left the best trial what it was; nil: it does not.
    package var patience: Int?
    /// How many candidates of the team's earlier studies the search begins with, at most.
    package var warmStart = 0

    package init(kind: any KindSettings) { self.kind = kind }

    package var name: String { type(of: kind).name }

    /// Sets the least score of a demo where the study says nothing about it.
    package mutating func acceptDemos(from threshold: Double) { kind.acceptDemos(from: threshold) }

    /// The section with every default filled in: what the study's fingerprint covers.
    package var json: JSON {
        var members = kind.named
        members["width"] = optional(width)
        members["failure_score"] = .double(failureScore)
        members["min_coverage"] = .double(minCoverage)
        members["target_score"] = optional(targetScore)
        members["patience"] = optional(patience)
        members["warm_start"] = .int(warmStart)
        return .object(members)
    }

    /// How many runs of the program on an example a study is expected to need, bootstrapping aside: for an estimate of
    /// the time that is left.
    package func plannedExamples(_ size: StudySize) -> Int { size.val + kind.plannedExamples(size) + 2 * size.test }

    /// The search of one study, the team's earlier candidates among its trials.
    func makeStrategy(_ facts: StudyFacts) -> any SearchStrategy {
        let search = kind.makeStrategy(facts)
        return facts.earlierEntrants.isEmpty || kind.beginsWithEarlier ? search : WarmStart(search, facts)
    }

    /// What does not fit the data; empty when all is well.
    package func check(_ size: StudySize, path: JSONPath = JSONPath([.key("optimizer")])) -> [Diagnostic] {
        var found: [Diagnostic] = []
        if size.val == 0 {
            found.append(Diagnostic(JSONPath([.key("data"), .key("val")]), "has no rows; candidates are compared on them"))
        }
        return found + kind.check(size, path: path)
    }
}

extension OptimizerSettings: Equatable {
    package static func == (left: Self, right: Self) -> Bool { left.json == right.json }
}

func optional(_ value: Int?) -> JSON { value.map { .int($0) } ?? .null }
func optional(_ value: Double?) -> JSON { value.map { .double($0) } ?? .null }
