package import JSON
package import Programs

/// What a plan decided at one index; stored before any of its units exists.
package struct Decision: Sendable, Hashable {
    /// Unique within the study: `baseline`, `bootstrap/0`, `evaluate/t3/b1`, ….
    package var key: String
    package var stage: Stage
    /// 0 goes first. Units are leased in the order of (priority, decision, ordinal).
    package var priority: Int
    package var work: Work
    /// Candidates that no earlier decision brought; to be stored with this one.
    package var candidates: [Candidate]
    /// Trials that no earlier decision brought.
    package var trials: [TrialStart]

    package init(
        key: String, stage: Stage, priority: Int = 0, work: Work, candidates: [Candidate] = [], trials: [TrialStart] = []
    ) {
        self.key = key
        self.stage = stage
        self.priority = priority
        self.work = work
        self.candidates = candidates
        self.trials = trials
    }
}

/// The work of a decision.
package enum Work: Sendable, Hashable {
    /// Runs a candidate on rows of a split. `fresh` ⊆ `block` are the rows that no earlier decision asked of this candidate:
    /// only they become units. `retry` 1: they are run again, because what they gave before is missing.
    case evaluate(trial: Int, candidate: String, split: Split, block: [Int], fresh: [Int], retry: Int = 0)
    /// Runs the teacher on training rows, keeping traces; a unit per example.
    /// From round 1 on: temperature 1 and a rollout of its own.
    case bootstrap(candidate: String, examples: [Int], round: Int)
    /// Runs a candidate on training rows as the `task` model, keeping traces and the metric's feedback; a unit per example.
    case trace(candidate: String, examples: [Int], round: Int)
    /// Asks the `prompt` model; a unit per call.
    case propose([ProposalCall])
    /// Has the provider train a model; one unit, that looks again every few seconds until the provider's job has ended.
    case finetune(FinetuneCall)
    /// No work: the search was ended from outside after so many outcomes were told.
    case stop(FinishReason, told: Int)
}

/// One assignment of a program's parameters.
package struct Candidate: Sendable, Hashable {
    /// The state's digest.
    package var id: String
    package var state: ProgramState

    package init(_ state: ProgramState) {
        id = state.digest
        self.state = state
    }
}

/// A candidate that enters the study's table.
package struct TrialStart: Sendable, Hashable {
    package var number: Int
    /// The candidate's id.
    package var candidate: String
    /// The choices made: `{"intent.predict.instructions": 2, "intent.predict.demos": 3}`.
    package var params: JSONObject
    /// Where it came from, in words: `uncompiled program`, `tpe`, `random`.
    package var provenance: String

    package init(number: Int, candidate: String, params: JSONObject, provenance: String) {
        self.number = number
        self.candidate = candidate
        self.params = params
        self.provenance = provenance
    }
}

/// One question to the `prompt` model.
package struct ProposalCall: Sendable, Hashable {
    /// Unique within the study: `summary/batch2`, `intent.predict/3`. With the seed it gives the rollout.
    package var key: String
    package var signature: Signature
    package var inputs: JSONObject
    package var temperature: Double

    package init(key: String, signature: Signature, inputs: JSONObject, temperature: Double) {
        self.key = key
        self.signature = signature
        self.inputs = inputs
        self.temperature = temperature
    }
}
