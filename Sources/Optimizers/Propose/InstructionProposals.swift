internal import JSON
internal import Programs

/// Has instructions written for every predictor, grounded in the data, the program and traced demos.
///
/// Three steps, each one decision of calls that run at once: `observe` (parts of the data, the program), `describe` (the
/// summary, every module), `instruct` (all proposals). A call that fails takes only its own field out of the later ones.
/// Further rounds of `instruct` see how the instructions so far have scored.
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
    /// Output text of the first two steps by call key; only of calls that answered.
    private var answers: [String: String] = [:]
    private(set) var pool: InstructionPool
    /// Rounds of `instruct` that were issued.
    private(set) var rounds = 0
    private static let dataBatches = 5
    private static let shownDemos = 3
    private static let shownInstructions = 10

    init(facts: StudyFacts, settings: MIPROSettings) {
        self.facts = facts
        self.settings = settings
        pool = InstructionPool(facts.initial)
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
    mutating func nextDecision(_ record: inout PlanRecord, demoSets: [DemoSets.DemoSet]?) -> Decision? {
        while pending == nil {
            let (name, calls): (String, [ProposalCall])
            switch step {
            case .observe: (name, calls, step) = ("observe", observeCalls(), .describe)
            case .describe: (name, calls, step) = ("describe", describeCalls(), .instruct)
            case .instruct:
                if needsDemos, demoSets == nil { return nil }
                (name, calls, step) = ("instruct", instructCalls(demoSets: demoSets ?? [], histories: [:]), .done)
            case .done: return nil
            }
            if calls.isEmpty { continue }
            let decision = record.propose(calls, step: name)
            pending = (record.lastDecision, calls.map(\.key))
            return decision
        }
        return nil
    }

    /// Another round of proposals, shown how the instructions so far have scored. To be asked for when nothing is awaited.
    /// - Parameter histories: by predictor path.
    mutating func further(
        _ record: inout PlanRecord, demoSets: [DemoSets.DemoSet]?, histories: [String: InstructionHistory]
    ) -> Decision {
        let calls = instructCalls(demoSets: demoSets ?? [], histories: histories)
        let decision = record.propose(calls, step: "instruct/\(rounds)")
        pending = (record.lastDecision, calls.map(\.key))
        return decision
    }

    /// The decision whose outcome is not told.
    var awaited: Int? { pending?.decision }

    /// What a predictor's instructions have scored: the mean over all trials that have the instruction, by their numbers of examples.
    /// - Parameter beliefs: of trials whose examples are no fair sample: these count as they are believed to be.
    func history(of path: String, _ record: PlanRecord, beliefs: [TrialBelief] = []) -> InstructionHistory {
        let believed = Dictionary(beliefs.map { ($0.trial, $0.mean) }) { first, _ in first }
        var known: [String: (sum: Double, count: Int)] = [:]
        for trial in record.trials {
            guard let text = trial.candidate.state[path]?.instructions else { continue }
            let scores = trial.scores(of: .val, in: Array(0..<facts.valCount))
            let (sum, count) = known[text] ?? (0, 0)
            let total = believed[trial.number].map { $0 * Double(scores.count) } ?? scores.reduce(0, +)
            known[text] = (sum + total, count + scores.count)
        }
        let tried = pool.choices(for: path).compactMap { text -> InstructionHistory.Entry? in
            guard let (sum, count) = known[text], count > 0 else { return nil }
            return InstructionHistory.Entry(text: text, score: sum / Double(count))
        }
        return InstructionHistory(tried, limit: Self.shownInstructions)
    }

    mutating func tell(_ outputs: [JSONObject?], of decision: Int) {
        guard let pending, pending.decision == decision else { return }
        self.pending = nil
        for (key, output) in zip(pending.keys, outputs) {
            // Each of these signatures has one output; a reasoning model's other fields do not matter.
            let name = Self.outputName(of: key)
            guard let text = output?[name]?.stringValue, !text.allSatisfy(\.isWhitespace) else { continue }
            if name == ProposerSignature.proposal {
                pool.add(text, for: Self.path(ofProposal: key))
            } else {
                answers[key] = text
            }
        }
    }

    /// `intent.predict/3` → `intent.predict`.
    private static func path(ofProposal key: String) -> String {
        key.lastIndex(of: "/").map { String(key[..<$0]) } ?? key
    }

    private static func outputName(of key: String) -> String {
        if key.hasPrefix("summary/batch") { return "observations" }
        if key == "summary" { return "summary" }
        if key == "program" { return "program_description" }
        if key.hasPrefix("module/") { return "module_description" }
        return ProposerSignature.proposal
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

    /// The calls of the next round; their numbers go on where the round before ended.
    private mutating func instructCalls(
        demoSets: [DemoSets.DemoSet], histories: [String: InstructionHistory]
    ) -> [ProposalCall] {
        let first = rounds * (settings.instructionCount - 1) + 1
        rounds += 1
        return facts.predictors.flatMap { predictor in
            (first..<first + settings.instructionCount - 1).map { proposal in
                var inputs = inputs(of: proposal, for: predictor, demoSets: demoSets)
                if let history = histories[predictor.path], !history.isEmpty {
                    inputs["previous_instructions"] = .string(history.text)
                }
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

    /// The instructions to choose from: the original, then every distinct proposal.
    func choices(for path: String) -> [String] { pool.choices(for: path) }
}
