internal import JSON
internal import Programs

/// The chats that runs of a program teach, by the path of the predictor that was asked.
struct TrainingChats: Sendable {
    private(set) var byPath: [String: [JSON]] = [:]
    /// How many runs were learnt from.
    private(set) var runs = 0

    private let facts: StudyFacts
    private let excludeDemos: Bool
    private let threshold: Double?

    /// - Parameter threshold: the least score of a run; nil: any score above 0.
    init(facts: StudyFacts, excludeDemos: Bool, threshold: Double?) {
        self.facts = facts
        self.excludeDemos = excludeDemos
        self.threshold = threshold
    }

    /// Takes up what the run of the uncompiled program on a training row has to teach: every call of its predictors.
    mutating func add(_ attempt: Attempt, row: Int) {
        guard case .scored(let score) = attempt.outcome, threshold.map({ score >= $0 }) ?? (score > 0) else { return }
        runs += 1
        for step in attempt.trace {
            guard let predictor = facts.predictors.first(where: { $0.path == step.path }),
                let chat = try? predictor.trainingChat(shown(step.path, row: row), inputs: step.inputs, outputs: step.outputs)
            else { continue }
            let messages = chat.map { ["role": .string($0.role.rawValue), "content": .string($0.content)] as JSON }
            byPath[step.path, default: []].append(["messages": .array(messages)])
        }
    }

    /// As the predictor was asked: a demo of the very row was not shown.
    private func shown(_ path: String, row: Int) -> PredictorState? {
        var state = facts.initial[path]
        let inputs = facts.inputs(of: row)
        if excludeDemos {
            state?.demos = []
        } else if !inputs.isEmpty {
            state?.demos.removeAll { demo in inputs.allSatisfy { demo[$0.key] == $0.value } }
        }
        return state
    }

    /// Of these predictors, in the order of the program.
    func chats(of paths: [String]) -> [JSON] { paths.flatMap { byPath[$0] ?? [] } }
}
