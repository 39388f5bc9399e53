internal import JSON
internal import Optimizers
internal import Programs
internal import Store

/// Reads the outcome of a decision from the store.
struct OutcomeReader {
    let store: Store
    let study: Int

    /// nil while something of the decision is still to be done.
    func outcome(of decision: Decision, number: Int) async throws -> Outcome? {
        guard try await store.isComplete(study: study, decision: number) else { return nil }
        switch decision.work {
        case .evaluate(_, let candidate, let split, let block, _, let retry):
            let records = try await records(candidate, split, rollout: retry, block, withDetails: false)
            return try records.map { records in .evaluated(try records.map { try $0.exampleOutcome }) }
        case .bootstrap(let candidate, let examples, let round):
            let records = try await records(candidate, .train, rollout: round, examples, withDetails: true)
            return try records.map { records in .bootstrapped(try records.map { try $0.attempt }) }
        case .trace(let candidate, let examples, let round):
            let rollout = Decision.firstTraceRollout + round
            let records = try await records(candidate, .train, rollout: rollout, examples, withDetails: true)
            return try records.map { records in .traced(try records.map { try $0.attempt }) }
        case .stop: return .stopped
        case .finetune(let call):
            let key = decision.unitKey(of: call)
            let model = try await store.proposals(study: study, keys: [key])[key]?["model"]?.stringValue
            return .finetuned(model: model, reason: model == nil ? try await store.proposalError(study: study, key: key) : nil)
        case .propose(let calls):
            let outputs = try await store.proposals(study: study, keys: calls.map(decision.unitKey))
            return .proposed(calls.map { outputs[decision.unitKey(of: $0)] })
        }
    }

    /// The results in the order of `examples`; nil while one is missing: an earlier decision may have issued it.
    private func records(
        _ candidate: String, _ split: Split, rollout: Int, _ examples: [Int], withDetails: Bool
    ) async throws -> [ResultRecord]? {
        let records = try await store.results(
            study: study, candidate: candidate, split: split.rawValue, rollout: rollout, examples: examples,
            withDetails: withDetails)
        let byExample = Dictionary(records.map { ($0.example, $0) }) { first, _ in first }
        let ordered = examples.compactMap { byExample[$0] }
        return ordered.count == examples.count ? ordered : nil
    }
}

extension ResultRecord {
    var exampleOutcome: ExampleOutcome {
        get throws {
            switch outcome {
            case "scored":
                guard let score else { throw StoreError(.malformed, "a scored result without a score") }
                return .scored(score)
            case "program_error": return .programError
            case "metric_error": return .metricError
            default: return .infrastructureError
            }
        }
    }

    var attempt: Attempt {
        get throws {
            let steps = try (detail?["trace"]?.arrayValue ?? []).map { try TraceStep(json: $0) }
            return Attempt(
                outcome: try exampleOutcome, trace: steps, feedback: detail?["feedback"]?.stringValue, failure: failure)
        }
    }

    /// The error's message and, where there is one, what the model wrote last.
    private var failure: String? {
        guard let error = detail?["error"] else { return nil }
        let message = error.stringValue ?? error["message"]?.stringValue ?? "it failed"
        guard let raw = error["raw"]?.arrayValue?.last?.stringValue else { return message }
        return "\(message)\n\(raw)"
    }
}
