package import JSON
internal import Optimizers
package import Programs
internal import Studies

extension StudyRuntime {
    /// How one call of the instruction proposer ended.
    package enum ProposalOutcome: Sendable {
        case answered(JSONObject, usage: UsageByRole)
        /// The model's answer is of no use (it does not parse, it was filtered): the proposal is missing.
        case unusable(String, usage: UsageByRole)
        case failed(String)
        case unpaid(String)
        case refused(String)
    }

    /// Asks the `prompt` model what a proposal's unit holds.
    package func propose(_ payload: JSON) async -> ProposalOutcome {
        let call: ProposalCall
        do { call = try ProposalCall(json: payload) } catch { return .unusable("not a proposal: \(error)", usage: .zero) }
        let predictor = SwiftProgram(Predict(call.signature), name: "proposer")
        let context = RunContext(
            state: predictor.initialState, model: model(.prompt), role: .prompt, temperature: call.temperature,
            rollout: rolloutID("\(study.seed)/propose/\(call.key)"))
        let result = await predictor.run(call.inputs, in: context)
        switch result.outcome {
        case .success(let prediction): return .answered(prediction.fields, usage: result.usage)
        case .failure(let failure):
            switch failure.fault {
            case .program: return .unusable("\(failure.kind): \(failure.message)", usage: result.usage)
            case .infrastructure: return .failed("\(failure.kind): \(failure.message)")
            case .budget: return .unpaid(failure.message)
            case .refused: return .refused(failure.message)
            }
        }
    }
}
