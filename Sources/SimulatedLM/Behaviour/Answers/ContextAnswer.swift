import JSON

/// An answer read from the passages in the prompt: extractive, following the question's relations from passage to passage.
struct ContextAnswer: Part {
    private let situation: Situation
    private let reader: Reader

    /// What a tool calculated.
    private let calculated: String?

    /// Nil where the passages say nothing about the question.
    init?(_ situation: Situation) {
        guard let passages = situation.passages, !passages.isEmpty else { return nil }
        let reader = Reader(Question(situation.question), passages: passages)
        calculated = situation.calculated
        guard reader.answer != nil || calculated != nil else { return nil }
        self.situation = situation
        self.reader = reader
    }

    /// Reading is easier than knowing.
    private static let ease = 0.85

    private var isRight: Bool {
        situation.ability.masters(situation.hard.uniform(71) * Self.ease, situation.draw, 72)
    }

    private var text: String {
        if let calculated { return calculated }
        let read = reader.answer ?? "unknown"
        // A careless reader stops a hop too early, or takes another name of the kind that was asked for.
        let missed = reader.hops.dropLast().map(\.name) + reader.distractors
        return isRight || missed.isEmpty ? read : situation.hard.pick(Array(missed.prefix(5)), 73)
    }

    func value(of field: FieldDeclaration) -> JSON? {
        guard field.purpose == .answer else { return nil }
        return field.value(from: situation.revised(text, of: field, otherwise: [reader.answer ?? ""] + reader.distractors))
    }

    var explanation: String? {
        if let calculated { return "The tool calculated \(calculated)." }
        let steps = reader.hops.suffix(3).map(\.sentence.text).joined(separator: " ")
        return "The context says: \(steps) So the answer is \(text)."
    }
}
