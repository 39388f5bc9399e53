import JSON

/// A query that looks for what the passages so far leave open: the last name on the way, and the relations still to follow.
struct SearchQuery: Part {
    private let situation: Situation
    private let reader: Reader

    init(_ situation: Situation) {
        self.situation = situation
        reader = Reader(Question(situation.question), passages: situation.passages ?? [])
    }

    private static let ease = 0.75

    /// What a good query is: short, and about the next step.
    static func focused(_ reader: Reader) -> String {
        let names = reader.frontier.prefix(2)
        guard !names.isEmpty else { return Tokens.salient(in: reader.question.text, count: 5).joined(separator: " ") }
        return (names + reader.open.prefix(2).map(\.word)).joined(separator: " ")
    }

    private func text(for field: FieldDeclaration) -> String {
        let (ability, hard, draw) = (situation.ability, situation.hard, situation.draw)
        let good = Self.focused(reader)
        let rules = situation.context.rules(for: field)
        // A limit that was said is mostly kept; otherwise the habit of saying too much depends on the instruction.
        let isVerbose = hard.combining(field.name).uniform(81) > (rules.limitsLength ? 0.92 : 0.65) + 0.5 * (ability.level - 0.5)
        if situation.turn.revision == nil, isVerbose {
            let names = reader.frontier.joined(separator: " and ")
            return "Please find everything that is known about \(names), so that this can be told: " + reader.question.text
        }
        let text = ability.masters(hard.uniform(82) * Self.ease, draw, 83) ? good : drifted(good)
        return situation.turn.revision == nil && rules.limitsLength ? rules.applied(to: text) : text
    }

    /// What a weak searcher asks: the question itself, its first names again, or something beside the point.
    private func drifted(_ good: String) -> String {
        let names = reader.question.names.joined(separator: " ")
        let aside = reader.distractors.first ?? Tokens.salient(in: reader.question.text, count: 2).joined(separator: " ")
        let repeated = situation.turn.revision == nil ? reader.question.text : ""
        let choices = [repeated, reader.hops.isEmpty ? aside : names, aside].filter { !$0.isEmpty && $0 != good }
        return choices.isEmpty ? good : situation.hard.pick(choices, 84)
    }

    func value(of field: FieldDeclaration) -> JSON? {
        guard field.purpose == .query else { return nil }
        let good = Self.focused(reader)
        let text = situation.revised(
            text(for: field), of: field, otherwise: [good, reader.frontier.joined(separator: " "), good + " facts"])
        if case .schema(let schema) = field.kind, schema["type"] == "array", schema["items"]?["type"] == "string" {
            return .array([.string(text)] + reader.question.names.filter { $0 != text }.prefix(1).map { .string($0) })
        }
        return field.value(from: text)
    }

    var explanation: String? {
        let next = reader.open.prefix(2).map(\.word).joined(separator: ", ")
        guard let last = reader.hops.last else { return "I need to find out about \(Self.focused(reader))." }
        return "The context leads to \(last.name)" + (next.isEmpty ? "." : "; still open is \(next).")
    }
}
