import JSON

/// A part that the simulated LM plays when a prompt's fields ask for it.
protocol Part {
    /// The value of an output field; nil leaves it to others.
    func value(of field: FieldDeclaration) -> JSON?
    /// What the reasoning fields say about it.
    var explanation: String? { get }
}

/// Which parts a prompt asks for: worked out once for all its requests.
struct Casting: OptionSet, Sendable {
    let rawValue: Int

    static let agent = Casting(rawValue: 1)
    static let judge = Casting(rawValue: 2)
    static let adviser = Casting(rawValue: 4)
    static let programmer = Casting(rawValue: 8)
    static let comparer = Casting(rawValue: 16)
    static let searcher = Casting(rawValue: 32)
    static let reader = Casting(rawValue: 64)
    static let scholar = Casting(rawValue: 128)

    init(rawValue: Int) { self.rawValue = rawValue }

    init(_ head: PromptHead, knows: Bool) {
        self = []
        func has(_ fields: [FieldDeclaration], _ test: (String) -> Bool) -> Bool { fields.contains { test($0.name) } }
        if has(head.outputs, { $0 == AgentStep.toolField }) { insert(.agent) }
        if Judgement.isAsked(head) { insert(.judge) }
        if ModuleAdvice.isAsked(head) { insert(.adviser) }
        if has(head.outputs, { $0 == CodeAnswer.codeField }) || has(head.inputs, { $0 == CodeAnswer.outputField }) {
            insert(.programmer)
        }
        if has(head.inputs, { $0.hasPrefix(Comparison.attemptMark) }) { insert(.comparer) }
        if head.outputs.contains(where: { $0.purpose == .query }) { insert(.searcher) }
        if Situation.hasContext(head) { insert(.reader) }
        if knows { insert(.scholar) }
    }

    /// The parts in the order in which they are asked.
    func parts(in situation: Situation) -> [any Part] {
        guard !isEmpty else { return [] }
        var parts: [any Part] = []
        if contains(.agent) { parts.append(AgentStep(situation)) }
        if contains(.judge) { parts.append(Judgement(situation)) }
        if contains(.adviser) { parts.append(ModuleAdvice(situation)) }
        let known = contains(.scholar) ? KnownAnswer(situation) : nil
        if contains(.programmer) { parts.append(CodeAnswer(situation, known: known)) }
        if contains(.comparer) { parts.append(Comparison(situation, known: known)) }
        if contains(.searcher) { parts.append(SearchQuery(situation)) }
        if let known { parts.append(known) }
        if contains(.reader), let reading = ContextAnswer(situation) { parts.append(reading) }
        return parts
    }
}
