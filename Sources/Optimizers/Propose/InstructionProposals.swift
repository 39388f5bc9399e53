internal import JSON
internal import Programs

/// Has instructions written for every predictor, grounded in the data, the program and traced demos.
///
/// Three steps, each one decision of calls that run at once: `observe` (parts of the data, the program), `describe` (the
/// summary, every module), `instruct` (all proposals). A call that fails takes only its own field out of the later ones.
struct InstructionProposals: Sendable {
    private enum Step: Sendable {
        case observe
        case describe
        case instruct
        case done
    }

    private let facts: StudyFacts
    private let settings: MIPROSettings
    private var step: Step
    private var pending: (decision: Int, keys: [String])?
    /// Output text by call key; only of calls that answered.
    private var answers: [String: String] = [:]
    private static let dataBatches = 5
    private static let shownDemos = 3

    init(facts: StudyFacts, settings: MIPROSettings) {
        self.facts = facts
        self.settings = settings
        // One choice is the original: nothing to write.
        step = settings.instructionCount > 1 ? .observe : .done
    }

    var isComplete: Bool {
        if case .done = step { pending == nil } else { false }
    }

    /// Whether proposals show traced demos.
    var needsDemos: Bool { settings.fewshotAwareProposer && settings.instructionCount > 1 }

    // MARK: Steps

    /// The next step's decision; nil while its predecessor, or the demo sets, are awaited, and at the end.
    mutating func nextDecision(_ record: inout StudyRecord, demoSets: [DemoSets.DemoSet]?) -> Decision? {
        while pending == nil {
            let (name, calls): (String, [ProposalCall])
            switch step {
            case .observe: (name, calls, step) = ("observe", observeCalls(), .describe)
            case .describe: (name, calls, step) = ("describe", describeCalls(), .instruct)
            case .instruct:
                if needsDemos, demoSets == nil { return nil }
                (name, calls, step) = ("instruct", instructCalls(demoSets: demoSets ?? []), .done)
            case .done: return nil
            }
            if calls.isEmpty { continue }
            let decision = record.propose(calls, step: name)
            pending = (record.lastDecision, calls.map(\.key))
            return decision
        }
        return nil
    }

    mutating func tell(_ outputs: [JSONObject?], of decision: Int) {
        guard let pending, pending.decision == decision else { return }
        self.pending = nil
        for (key, output) in zip(pending.keys, outputs) {
            // Each of these signatures has one output; a reasoning model's other fields do not matter.
            let name = Self.outputName(of: key)
            guard let text = output?[name]?.stringValue, !text.allSatisfy(\.isWhitespace) else { continue }
            answers[key] = text
        }
    }

    private static func outputName(of key: String) -> String {
        if key.hasPrefix("summary/batch") { return "observations" }
        if key == "summary" { return "summary" }
        if key == "program" { return "program_description" }
        if key.hasPrefix("module/") { return "module_description" }
        return "proposed_instruction"
    }

    // MARK: Calls

    private func row(_ row: JSONObject) -> String { JSON.object(row).serialized(.python) }

    private func observeCalls() -> [ProposalCall] {
        var calls: [ProposalCall] = []
        if settings.dataAwareProposer {
            let size = settings.viewDataBatchSize
            for (index, start) in stride(from: 0, to: facts.train.count, by: size).prefix(Self.dataBatches).enumerated() {
                let rows = facts.train[start..<min(start + size, facts.train.count)].map(row)
                calls.append(
                    call("summary/batch\(index)", ProposerSignature.observe, ["examples": .string(rows.joined(separator: "\n"))]))
            }
        }
        if settings.programAwareProposer {
            let example = facts.train.prefix(3).map(row).joined(separator: "\n")
            let inputs: JSONObject = ["program_code": .string(facts.sourceText), "program_example": .string(example)]
            calls.append(call("program", ProposerSignature.program, inputs))
        }
        return calls
    }

    private func describeCalls() -> [ProposalCall] {
        var calls: [ProposalCall] = []
        let observations = (0..<Self.dataBatches).compactMap { answers["summary/batch\($0)"] }
        if !observations.isEmpty {
            calls.append(
                call("summary", ProposerSignature.summary, ["observations": .string(observations.joined(separator: "\n\n"))]))
        }
        if settings.programAwareProposer {
            for predictor in facts.predictors {
                let inputs: JSONObject = [
                    "program_code": .string(facts.sourceText), "program_description": .string(answers["program"] ?? ""),
                    "module": .string(moduleText(predictor)),
                ]
                calls.append(call("module/\(predictor.path)", ProposerSignature.module, inputs))
            }
        }
        return calls
    }

    private func instructCalls(demoSets: [DemoSets.DemoSet]) -> [ProposalCall] {
        facts.predictors.flatMap { predictor in
            (1..<settings.instructionCount).map { proposal in
                let inputs = inputs(of: proposal, for: predictor, demoSets: demoSets)
                let signature = ProposerSignature.instruction(inputs: inputs.keys)
                return ProposalCall(
                    key: "\(predictor.path)/\(proposal)", signature: signature, inputs: inputs,
                    temperature: settings.initTemperature)
            }
        }
    }

    private func inputs(of proposal: Int, for predictor: PredictorDescription, demoSets: [DemoSets.DemoSet]) -> JSONObject {
        var inputs: JSONObject = [:]
        inputs["dataset_summary"] = answers["summary"].map { .string($0) }
        if settings.programAwareProposer {
            inputs["program_code"] = .string(facts.sourceText)
            inputs["program_description"] = answers["program"].map { .string($0) }
            inputs["module"] = .string(moduleText(predictor))
            inputs["module_description"] = answers["module/\(predictor.path)"].map { .string($0) }
        }
        if needsDemos {
            let text = demoText(predictor, sets: demoSets, from: proposal)
            inputs["task_demos"] = .string(text.isEmpty ? "There are no worked examples." : text)
        }
        inputs["basic_instruction"] = .string(facts.initial[predictor.path]?.instructions ?? predictor.signature.instructions)
        if settings.tipAwareProposer {
            let tip = InstructionTip.draw(seed: facts.seed, path: predictor.path, proposal: proposal)
            if tip != .none { inputs["tip"] = .string(tip.rawValue) }
        }
        return inputs
    }

    /// Observations and descriptions at temperature 1.
    private func call(_ key: String, _ signature: Signature, _ inputs: JSONObject) -> ProposalCall {
        ProposalCall(key: key, signature: signature, inputs: inputs, temperature: 1)
    }

    /// `ChainOfThought(utterance, topic) -> reasoning, intent`.
    private func moduleText(_ predictor: PredictorDescription) -> String {
        let signature = predictor.signature
        func names(_ fields: [Field]) -> String { fields.map(\.name).joined(separator: ", ") }
        return "\(predictor.module)(\(names(signature.inputs))) -> \(names(signature.outputs))"
    }

    /// Up to three traced demos, the sets taken in turn from the proposal's own on.
    private func demoText(_ predictor: PredictorDescription, sets: [DemoSets.DemoSet], from first: Int) -> String {
        var shown: [JSONObject] = []
        for offset in sets.indices where shown.count < Self.shownDemos {
            for demo in sets[(first + offset) % sets.count][predictor.path] ?? []
            where demo["augmented"] == .bool(true) && shown.count < Self.shownDemos && !shown.contains(demo) {
                shown.append(demo)
            }
        }
        return shown.map { demo in
            predictor.signature.fields.compactMap { field in
                demo[field.name].map { "\(field.prefix) \($0.stringValue ?? $0.serialized(.python))" }
            }.joined(separator: "\n")
        }.joined(separator: "\n\n")
    }

    // MARK: Choices

    /// The instructions to choose from: the original, then every distinct proposal.
    func choices(for path: String) -> [String] {
        var choices = [facts.initial[path]?.instructions ?? ""]
        for proposal in 1..<max(settings.instructionCount, 1) {
            guard let answer = answers["\(path)/\(proposal)"] else { continue }
            let text = cleanedInstruction(answer)
            if !text.isEmpty, !choices.contains(text) { choices.append(text) }
        }
        return choices
    }
}
