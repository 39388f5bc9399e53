internal import JSON

/// One question that a program put to one of its predictors.
struct PredictorQuestion: Sendable, Hashable {
    var path: String
    var inputs: JSONObject
}

/// What a predictor is told when it is asked again because of a failed assertion.
struct Revision: Sendable, Hashable {
    /// What it answered the last time.
    var past: JSONObject
    /// What was wrong with its answers, each message once.
    var messages: [String]
    /// How often it has been asked again.
    var count: Int
}

/// An assertion failed and the blamed predictor may try again: the run starts anew.
struct Backtrack: Error, Sendable {
    var blamed: TraceStep
    var message: String
}

/// The revisions of a run so far: how failed assertions lead to new questions. A value; the run's loop feeds it.
struct Backtracking: Sendable {
    /// How often one question is put again.
    let limit: Int
    /// How often all questions together are: a new answer makes new questions further on.
    private let totalLimit: Int
    private(set) var revisions: [PredictorQuestion: Revision] = [:]
    private(set) var count = 0

    init(limit: Int, predictors: Int = 1) {
        self.limit = limit
        totalLimit = limit * max(1, predictors)
    }

    func mayRetry(_ step: TraceStep) -> Bool {
        count < totalLimit && revisionCount(of: step) < limit
    }

    func revisionCount(of step: TraceStep) -> Int { revisions[step.question]?.count ?? 0 }

    mutating func revise(_ backtrack: Backtrack) {
        var revision = revisions[backtrack.blamed.question] ?? Revision(past: [:], messages: [], count: 0)
        revision.past = backtrack.blamed.outputs
        if !revision.messages.contains(backtrack.message) { revision.messages.append(backtrack.message) }
        revision.count += 1
        revisions[backtrack.blamed.question] = revision
        count += 1
    }
}

extension TraceStep {
    var question: PredictorQuestion { PredictorQuestion(path: path, inputs: inputs) }
}

extension Signature {
    /// The signature with inputs for what `revision` tells: every output as `past_…`, and the feedback.
    func revised(by revision: Revision) -> (signature: Signature, values: JSONObject) {
        var signature = self
        var values = JSONObject()
        for field in outputs where revision.past[field.name] != nil {
            let past = Field(
                name: signature.freeName("past_\(field.name)"), type: field.type,
                description: "past \(field.prefix.dropLast()) with errors")
            signature.inputs.append(past)
            values[past.name] = revision.past[field.name]
        }
        let feedback = Field(
            name: signature.freeName("feedback"), description: "what to mend in the past answer", prefix: "Instructions:")
        signature.inputs.append(feedback)
        values[feedback.name] = .string(revision.messages.joined(separator: "\n"))
        return (signature, values)
    }

    /// `name`, or with underscores behind it what no field is called.
    func freeName(_ name: String) -> String {
        fields.contains { $0.name == name } ? freeName(name + "_") : name
    }
}
