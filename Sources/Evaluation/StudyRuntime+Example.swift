internal import JSON
internal import ProgramMetrics
internal import Optimizers
package import Programs
internal import Studies

extension StudyRuntime {
    /// Runs the program in `state` on one row and scores its answer. Never throws: every end is a ``Judgement``.
    package func run(_ task: ExampleTask, state: ProgramState) async -> Judgement {
        let role: Role = if case .bootstrap = task.purpose { .teacher } else { .task }
        let example = Example(fields: task.row, inputKeys: study.data?.inputs ?? program.inputNames)
        var context = RunContext(state: state, model: model(role), rollout: task.rollout(seed: study.seed))
        if case .bootstrap(let round) = task.purpose {
            // A demo of the very row would give the answer away (leave-one-out).
            context.excludeDemosLike = example.inputs
            if round > 0 { context.temperature = 1 }
        }
        let result = await program.run(example.inputs, in: context)
        switch result.outcome {
        case .success(let prediction):
            return await judge(prediction, of: example, task, result, role)
        case .failure(let failure):
            switch failure.fault {
            case .program:
                let detail = failure.detail(trace: task.keepsTrace ? result.trace : nil)
                return .judged(.programError(failureScore), detail: detail, usage: result.usage, role: role)
            case .infrastructure: return .failed("\(failure.kind): \(failure.message)", usage: result.usage, role: role)
            case .refused: return .refused(failure.message)
            }
        }
    }

    private func judge(
        _ prediction: Prediction, of example: Example, _ task: ExampleTask, _ result: RunResult, _ role: Role
    ) async -> Judgement {
        var detail: JSONObject = ["prediction": .object(prediction.fields)]
        if task.keepsTrace { detail["trace"] = .array(result.trace.map(\.json)) }
        guard let metric else { return .judged(.metricError, detail: .object(detail), usage: result.usage, role: role) }
        do {
            let score = try await metric.score(example, prediction, trace: task.keepsTrace ? result.trace : nil)
            detail["feedback"] = score.feedback.map(JSON.string)
            guard score.score.isFinite else {
                detail["error"] = ["kind": "metric", "message": .string("the metric returned \(score.score)")]
                return .judged(.metricError, detail: .object(detail), usage: result.usage, role: role)
            }
            return .judged(.scored(score.score), detail: .object(detail), usage: result.usage, role: role)
        } catch {
            detail["error"] = ["kind": "metric", "message": .string("\(error)")]
            return .judged(.metricError, detail: .object(detail), usage: result.usage, role: role)
        }
    }

    private var failureScore: Double { study.optimizer?.failureScore ?? 0 }
}

extension ExampleTask {
    fileprivate var keepsTrace: Bool { purpose != .evaluation }
}

extension RunFailure {
    fileprivate func detail(trace: [TraceStep]?) -> JSON {
        var error: JSONObject = ["kind": .string(kind), "message": .string(message)]
        error["raw"] = rawText.map(JSON.string)
        var detail: JSONObject = ["error": .object(error)]
        detail["trace"] = trace.map { .array($0.map(\.json)) }
        return .object(detail)
    }
}
