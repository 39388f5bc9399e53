/// One request as the parts of the simulated LM see it.
struct Situation: Sendable {
    let context: PromptContext
    let turn: FinalTurn
    /// Keyed by the server's seed and the inputs.
    let hard: Digest
    /// Keyed by the server's seed and the whole request.
    let draw: Digest

    var ability: Ability {
        Ability(context.competence, reasons: context.reasons, isRevision: turn.revision != nil)
    }

    /// The input that asks: by its name, else the shortest.
    var question: String {
        turn.input(named: ["question", "claim", "problem", "query", "topic"])
            ?? turn.inputs.bodies.filter { !$0.isEmpty }.min { $0.utf8.count < $1.utf8.count } ?? ""
    }

    private static let contextNames = ["context", "passages", "documents", "evidence", "facts", "notes", "trajectory"]

    /// What tools said so far, in an agent's trajectory.
    var observations: [String] {
        let sections = Sections(parsing: turn.inputs["trajectory"] ?? "")
        return zip(sections.names, sections.bodies).filter { $0.0.hasPrefix("observation") }.map(\.1)
    }

    /// The last observation that is nothing but a number, for a question that is a calculation.
    var calculated: String? {
        guard Arithmetic.expression(in: question) != nil else { return nil }
        return observations.last { Double($0) != nil }.map { $0.hasSuffix(".0") ? String($0.dropLast(2)) : $0 }
    }

    /// The texts that the question is asked about; nil where the prompt has no input for them.
    var passages: [Passage]? {
        guard let text = turn.input(named: Self.contextNames) else { return nil }
        let sections = Sections(parsing: text)
        guard !sections.isEmpty else { return Passage.all(in: text) }
        // A trajectory: only what tools said counts.
        return observations.flatMap { Passage.all(in: $0) }
    }

    /// Whether a prompt gives texts to read, beside something to read them for.
    static func hasContext(_ head: PromptHead) -> Bool {
        head.inputs.count > 1 && head.inputs.contains { field in contextNames.contains { field.name.contains($0) } }
    }

    /// `text` as a retry's advice wants it: within its limits, and not what was refused.
    func revised(_ text: String, of field: FieldDeclaration, otherwise alternatives: [String] = []) -> String {
        guard let revision = turn.revision else { return text }
        let rules = TextRules(parsing: revision.advice)
        let past = revision.past[field.name]
        let candidates = ([text] + alternatives).map { rules.applied(to: $0, past: past) }
        return candidates.first { $0 != past && !$0.isEmpty } ?? candidates[0]
    }
}
