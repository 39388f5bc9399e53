internal import JSON
internal import Programs

/// Has COPRO's instructions written: at first from the original ones, then from what was tried and how it scored.
struct COPROProposals: Sendable {
    private let facts: StudyFacts
    private let settings: COPROSettings
    private(set) var pool: InstructionPool
    private var hasBegun = false
    /// Calls per predictor so far.
    private var asked: [String: Int] = [:]
    /// Whose calls each decision has, in their order, while it is not told.
    private var pending: [Int: [String]] = [:]
    /// Instructions that came last, by predictor.
    private var latest: [String: [Int]] = [:]

    init(facts: StudyFacts, settings: COPROSettings) {
        self.facts = facts
        self.settings = settings
        pool = InstructionPool(facts.initial)
        for path in facts.initial.paths { latest[path] = [0] }
    }

    /// The first instructions of all predictors, once.
    mutating func begin(_ record: inout PlanRecord) -> Decision? {
        guard !hasBegun, !facts.predictors.isEmpty else { return nil }
        hasBegun = true
        let calls = facts.initial.paths.flatMap { path in
            (1..<settings.breadth).map { _ in
                call(path, ProposerSignature.basic, ["basic_instruction": .string(pool.choices(for: path)[0])])
            }
        }
        let decision = record.propose(calls, step: "seeds")
        pending[record.lastDecision] = facts.initial.paths.flatMap { Array(repeating: $0, count: settings.breadth - 1) }
        return decision
    }

    /// New instructions for one predictor.
    /// - Parameter scores: by number, of the instructions that have one.
    mutating func more(
        for path: String, scores: [Int: Double], depth: Int, _ record: inout PlanRecord
    ) -> Decision? {
        latest[path] = []
        let texts = pool.choices(for: path)
        let tried = texts.indices.compactMap { number in
            scores[number].map { InstructionHistory.Entry(text: texts[number], score: $0) }
        }
        let history = InstructionHistory(tried, limit: settings.breadth)
        // Without a single score there is nothing to learn from: as at first.
        let (signature, inputs): (Signature, JSONObject) =
            history.isEmpty
            ? (ProposerSignature.basic, ["basic_instruction": .string(texts[0])])
            : (ProposerSignature.attempts, ["attempted_instructions": .string(history.text)])
        let calls = (0..<settings.breadth).map { _ in call(path, signature, inputs) }
        let decision = record.propose(calls, step: "depth\(depth)/\(path)")
        pending[record.lastDecision] = Array(repeating: path, count: calls.count)
        return decision
    }

    private mutating func call(_ path: String, _ signature: Signature, _ inputs: JSONObject) -> ProposalCall {
        asked[path, default: 0] += 1
        return ProposalCall(
            key: "\(path)/\(asked[path] ?? 0)", signature: signature, inputs: inputs, temperature: settings.initTemperature)
    }

    mutating func tell(_ outputs: [JSONObject?], of decision: Int) {
        for (path, output) in zip(pending.removeValue(forKey: decision) ?? [], outputs) {
            guard let text = output?[ProposerSignature.proposal]?.stringValue else { continue }
            if let number = pool.add(text, for: path) { latest[path, default: []].append(number) }
        }
    }

    /// The decision that writes for a predictor and is not told.
    func pending(for path: String) -> Int? { pending.first { $0.value.contains(path) }?.key }

    /// What to evaluate: with several predictors everything that was written, because the others have new instructions.
    func candidates(for path: String, areAllAsked: Bool) -> [Int] {
        areAllAsked ? Array(pool.choices(for: path).indices) : latest[path] ?? []
    }
}
