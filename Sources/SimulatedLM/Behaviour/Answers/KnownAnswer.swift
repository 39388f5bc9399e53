import JSON

/// An answer out of the built-in knowledge, right where the ability in this prompt exceeds the question's difficulty.
struct KnownAnswer: Part {
    private let situation: Situation
    private let row: JSONObject
    private let difficulty: Double

    /// Nil where nothing is known about the inputs. A row's `difficulty` is 0…1; without it, it is drawn from the question.
    init?(_ situation: Situation) {
        guard let row = situation.context.knowledge.row(for: situation.turn.inputs) else { return nil }
        self.situation = situation
        self.row = row
        difficulty = row["difficulty"]?.doubleValue ?? Digest(seed: 0xD1F).combining(situation.question).uniform(1)
    }

    private static let finalMark = "####"

    /// Short form and worked solution of a value such as GSM8K's `… #### 18`.
    private static func parts(of value: JSON) -> (short: String, worked: String?) {
        let text = PythonLiterals.spelling(of: value)
        guard let mark = text.firstRange(of: finalMark) else { return (trimmed(text), nil) }
        return (trimmed(String(text[mark.upperBound...])), trimmed(String(text[..<mark.lowerBound])))
    }

    /// The field that is answered: one that the row has.
    private func known(_ name: String) -> (short: String, worked: String?)? { row[name].map(Self.parts) }

    /// The first output that the row answers, right or not: for a part that computes it.
    var solution: (short: String, worked: String?)? {
        situation.context.head.outputs.lazy.compactMap { known($0.name) }.first ?? known("answer")
    }

    /// Whether this answer is right, with help such as the answer standing in a given text taken off the difficulty.
    func isMastered(easier help: Double = 0, purpose: UInt64 = 61) -> Bool {
        situation.ability.masters(difficulty - help, situation.draw, purpose)
    }

    func value(of field: FieldDeclaration) -> JSON? {
        guard let known = known(field.name) else { return nil }
        let others = zip(situation.turn.inputs.names, situation.turn.inputs.bodies).filter { row[$0.0] == nil }
        let isGiven = others.contains { $0.1.contains(known.short) }
        let isRight = isMastered(easier: isGiven ? 0.3 : 0)
        let text = isRight ? known.short : wrong(known.short, field.name)
        return field.value(from: situation.revised(text, of: field, otherwise: [known.short]))
    }

    /// Something of the same kind: a number a step off, or the answer to another question.
    private func wrong(_ right: String, _ name: String) -> String {
        let (hard, rows) = (situation.hard, situation.context.knowledge.rows)
        if let number = Extraction.numbers(in: right).last, Extraction.numbers(in: situation.question).count > 1 || rows.count < 2
        {
            let given = Extraction.numbers(in: situation.question).compactMap(\.intValue)
            guard let value = number.intValue else { return right + "0" }
            let step = hard.pick((given + [1, 2, 10]).filter { $0 != 0 }, 62)
            return String(hard.uniform(63) < 0.5 ? value &+ step : value &- step)
        }
        for attempt in 0..<8 {
            let other = hard.pick(rows, 64 + UInt64(attempt))[name].map { Self.parts(of: $0).short }
            if let other, other != right { return other }
        }
        return "unknown"
    }

    var explanation: String? {
        guard let solution else { return nil }
        guard isMastered() else {
            let words = Tokens.salient(in: situation.question, count: 4).joined(separator: ", ")
            return "The question is about \(words); I can only guess."
        }
        return solution.worked.map(Self.withoutCalculations) ?? "I know this: it is \(solution.short)."
    }

    /// GSM8K marks calculations as `<<3*4=12>>`.
    private static func withoutCalculations(_ text: String) -> String {
        var result = ""
        var depth = 0
        for character in text {
            if character == "<" {
                depth += 1
            } else if character == ">" {
                depth = max(0, depth - 1)
            } else if depth < 2 {
                result.append(character)
            }
        }
        return result
    }

    /// The calculations of a worked solution in order: `3*4`, `12`.
    static func calculations(in worked: String) -> [(expression: String, result: String)] {
        worked.split(separator: "<<").dropFirst().compactMap { part in
            guard let end = part.firstRange(of: ">>"), let equals = part[..<end.lowerBound].lastIndex(of: "=") else { return nil }
            return (String(part[..<equals]), String(part[part.index(after: equals)..<end.lowerBound]))
        }
    }
}
