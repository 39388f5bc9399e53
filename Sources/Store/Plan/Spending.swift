package import JSON

/// A piece of a study's work whose usage is asked for.
package enum SpentWork: Sendable, Hashable {
    case results(candidate: String, split: String, rollout: Int, examples: [Int])
    case proposals(keys: [String])

    func json(number: Int) -> JSON {
        switch self {
        case .results(let candidate, let split, let rollout, let examples):
            [
                "work": .int(number), "candidate": .string(candidate), "split": .string(split), "rollout": .int(rollout),
                "examples": .array(examples.map(JSON.int)),
            ]
        case .proposals(let keys): ["work": .int(number), "keys": .array(keys.map(JSON.string))]
        }
    }
}

/// What one LM role has used for one piece of work.
package struct RoleUsage: Sendable, Hashable {
    package var role: String
    /// Requests answered.
    package var calls: Int
    package var promptTokens: Int
    package var completionTokens: Int

    package init(role: String, calls: Int = 0, promptTokens: Int = 0, completionTokens: Int = 0) {
        self.role = role
        self.calls = calls
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
    }

    /// Prompt and completion together.
    package var tokens: Int { promptTokens + completionTokens }

    package static func += (sum: inout RoleUsage, other: RoleUsage) {
        sum.calls += other.calls
        sum.promptTokens += other.promptTokens
        sum.completionTokens += other.completionTokens
    }
}

/// What a study's search believes of one trial.
package struct BeliefDraft: Sendable, Hashable {
    package var trial: Int
    package var mean: Double
    package var deviation: Double

    package init(trial: Int, mean: Double, deviation: Double) {
        self.trial = trial
        self.mean = mean
        self.deviation = deviation
    }

    var json: JSON { ["trial": .int(trial), "mean": .double(mean), "deviation": .double(deviation)] }
}

/// A candidate of a finished study of the same signature.
package struct EarlierRecord: Sendable, Hashable {
    /// The study's public id and name.
    package var id: String
    package var name: String
    package var trial: Int
    package var state: JSON
    package var score: Double
    package var examples: Int
}
