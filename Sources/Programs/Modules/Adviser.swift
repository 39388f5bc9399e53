internal import JSON

/// Asks the model what the predictors of a program should do better.
struct Adviser {
    let predictors: [PredictorTree.Node]
    /// What the reward measures, where its author said so.
    let goal: String?
    let threshold: Double

    private static let predict = Predict(
        Signature(
            literal: """
                program, goal, inputs, trajectory, outcome, reward, wanted_reward: float, predictors: list[str] \
                -> discussion, advice: dict[str, str]
                """,
            instructions: """
                A program of language model calls was run, and its result is not good enough. It will be run again on the same \
                inputs.
                In the discussion, find out which of its predictors went wrong, and where. Then give each predictor advice for \
                the next run. It will see its inputs and your advice only, neither its earlier answer nor this report: so say \
                plainly in which situation it made what mistake, and what to do instead. For a predictor that did well write N/A.
                """
        ).describing([
            "program": "each predictor of the program: its inputs, outputs and instructions",
            "goal": "what the reward measures",
            "inputs": "what the program was given",
            "trajectory": "the calls of its predictors, in order",
            "outcome": "what the program answered, or why it failed",
            "reward": "what the outcome was worth",
            "wanted_reward": "the least reward that is good enough",
            "predictors": "the names under which advice is wanted",
            "advice": "by the name of the predictor",
        ]))

    /// Hints by predictor path for the next try; nil where the model gave none that can be read.
    func hints(after ended: Tries.Ended, inputs: JSONObject, in scope: RunScope) async throws -> JSONObject? {
        let parts = predictors.compactMap { node in
            scope.paths[ObjectIdentifier(node.predict.identity)].map { ($0, node.predict) }
        }
        let question: JSONObject = [
            "program": .string(parts.map { description(of: $0.1, at: $0.0, in: scope) }.joined(separator: "\n\n")),
            "goal": .string(goal ?? "the program's author computes it from the inputs and the outcome; more is better"),
            "inputs": .string(JSON.object(inputs).serialized(.pretty)),
            "trajectory": .string(JSON.array(ended.scope.recorder.trace.map(\.json)).serialized(.pretty)),
            "outcome": .string(outcome(of: ended)),
            "reward": .string(ended.reward.map { "\($0)" } ?? "none: the program failed"),
            "wanted_reward": .double(threshold),
            "predictors": .array(parts.map { .string($0.0) }),
        ]
        var asking = scope
        asking.hints = nil
        do {
            let advice = try await asking.run { try await Self.predict.forward(question) }.fields["advice"]?.objectValue ?? [:]
            return (scope.hints ?? [:]).merging(advice.filter { path in parts.contains { $0.0 == path } })
        } catch let failure as RunFailure where failure.fault == .program {
            return nil
        }
    }

    private func description(of predict: Predict, at path: String, in scope: RunScope) -> String {
        let fields = predict.signature.fields.compactMap { field in field.description.map { "  \(field.name): \($0)" } }
        let instructions = scope.context.state[path]?.instructions ?? predict.signature.instructions
        return (["\(path): \(predict.signature.shorthand)"] + fields + ["  Instructions: \(instructions)"]).joined(
            separator: "\n")
    }

    private func outcome(of ended: Tries.Ended) -> String {
        switch ended.result {
        case .success(let (answer, _)): JSON.object(answer.fields).serialized(.pretty)
        case .failure(let failure): "The program failed: \(failure.message)"
        }
    }
}

extension Signature {
    /// The signature with a description for each of the named fields.
    fileprivate func describing(_ descriptions: [String: String]) -> Signature {
        func described(_ field: Field) -> Field {
            var field = field
            field.description = descriptions[field.name] ?? field.description
            return field
        }
        var signature = self
        signature.inputs = inputs.map(described)
        signature.outputs = outputs.map(described)
        return signature
    }
}
