internal import JSON
internal import Optimizers
internal import ProgramMetrics
package import Programs
internal import Studies

extension StudyRuntime {
    /// Runs the program in `state` on one row and scores its answer. Never throws: every end is a ``Judgement``.
    package func run(_ task: ExampleTask, state: ProgramState) async -> Judgement {
        let example = Example(fields: task.row, inputKeys: study.data?.inputs ?? program.inputNames)
        let judged = await within(study.models.task.exampleDeadline) { await self.run(task, on: example, state) }
        return judged ?? .failed("deadline: the example took longer than lm.task.example_deadline allows")
    }

    private func run(_ task: ExampleTask, on example: Example, _ state: ProgramState) async -> Judgement {
        let result = await program.run(example.inputs, in: context(of: task, state, example))
        var detail = JSONObject()
        if !result.assertions.isEmpty { detail["assertions"] = result.assertions.json }
        if task.keepsTrace { detail["trace"] = .array(result.trace.map(\.json)) }
        switch result.outcome {
        case .success(let prediction):
            detail["prediction"] = .object(prediction.fields)
            return await judge(prediction, of: example, trace: task.keepsTrace ? result.trace : nil, detail, result.usage)
        case .failure(let failure):
            switch failure.fault {
            case .program:
                detail["error"] = failure.json
                return .judged(.programError(failureScore), detail: .object(detail), usage: result.usage)
            case .infrastructure: return .failed("\(failure.kind): \(failure.message)")
            case .budget: return .unpaid(failure.message)
            case .refused: return .refused(failure.message)
            }
        }
    }

    /// What `body` gives, or nil where it takes too long; then it is cancelled.
    private func within<Value: Sendable>(_ limit: Duration?, _ body: @escaping @Sendable () async -> Value) async -> Value? {
        guard let limit else { return await body() }
        return await withTaskGroup(of: RaceEnd<Value>.self) { group in
            group.addTask { .done(await body()) }
            group.addTask {
                do { try await Task.sleep(for: limit) } catch { return .cancelled }
                return .late
            }
            defer { group.cancelAll() }
            for await end in group {
                switch end {
                case .done(let value): return value
                case .late: return nil
                // From outside: the body ends of itself.
                case .cancelled: continue
                }
            }
            return nil
        }
    }

    private func context(of task: ExampleTask, _ state: ProgramState, _ example: Example) -> RunContext {
        let role: Role = if case .bootstrap = task.purpose { .teacher } else { .task }
        let isOwnTeacher = role == .teacher && study.models.teacher != study.models.task
        var context = RunContext(
            state: isOwnTeacher ? state.withoutModels : state, model: model(role), role: role,
            rollout: task.rollout(seed: study.seed), services: services)
        if case .bootstrap(let round) = task.purpose {
            // A demo of the very row would give the answer away (leave-one-out).
            context.excludeDemosLike = example.inputs
            if round > 0 { context.temperature = 1 }
        }
        return context
    }

    private func judge(
        _ prediction: Prediction, of example: Example, trace: [TraceStep]?, _ detail: JSONObject, _ usage: UsageByRole
    ) async -> Judgement {
        var detail = detail
        func unscored(_ message: String, _ usage: UsageByRole, rawTexts: [String] = []) -> Judgement {
            detail["error"] = RunFailure(fault: .program, kind: "metric", message: message, rawTexts: rawTexts).json
            return .judged(.metricError, detail: .object(detail), usage: usage)
        }
        guard let metric else { return .judged(.metricError, detail: .object(detail), usage: usage) }
        do {
            let score = try await metric.score(example, prediction, trace: trace)
            detail["feedback"] = score.feedback.map(JSON.string)
            guard score.score.isFinite else { return unscored("the metric returned \(score.score)", usage + score.usage) }
            return .judged(.scored(score.score), detail: .object(detail), usage: usage + score.usage)
        } catch let error as MetricServiceError {
            return switch error.fault {
            case .refused: .refused(error.message)
            case .budget: .unpaid("metric: \(error.message)")
            case .infrastructure, .program: .failed("metric: \(error.message)")
            }
        } catch let error as MetricError {
            return unscored(error.description, usage + error.usage, rawTexts: error.rawTexts)
        } catch {
            return unscored("\(error)", usage)
        }
    }

    private var failureScore: Double { study.optimizer?.failureScore ?? 0 }
}

extension ProgramState {
    /// A tuned model takes the place of the task's; a teacher of its own teaches itself.
    fileprivate var withoutModels: ProgramState {
        var copy = self
        for path in paths { copy[path]?.model = nil }
        return copy
    }
}

extension ExampleTask {
    fileprivate var keepsTrace: Bool {
        if case .evaluation = purpose { false } else { true }
    }
}

extension RunFailure {
    /// What the model wrote is kept, whole up to 1.1 million characters each.
    fileprivate var json: JSON {
        var error: JSONObject = ["kind": .string(kind), "message": .string(message)]
        if !rawTexts.isEmpty { error["raw"] = .array(rawTexts.map { .string(String($0.prefix(1_100_000))) }) }
        return .object(error)
    }
}

private enum RaceEnd<Value: Sendable>: Sendable {
    case done(Value)
    case late
    case cancelled
}
