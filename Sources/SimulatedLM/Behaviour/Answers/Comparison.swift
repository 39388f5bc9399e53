import JSON

/// An answer out of several attempts: what most of them predict.
struct Comparison: Part {
    static let attemptMark = "reasoning_attempt_"
    private static let predictionMark = "my prediction is "

    private let situation: Situation
    private let known: KnownAnswer?
    private let predictions: [String]

    init(_ situation: Situation, known: KnownAnswer?) {
        self.situation = situation
        self.known = known
        predictions = Self.predictions(in: situation.turn)
    }

    static func predictions(in turn: FinalTurn) -> [String] {
        zip(turn.inputs.names, turn.inputs.bodies).compactMap { name, body in
            guard name.hasPrefix(attemptMark) else { return nil }
            return text(after: predictionMark, in: body).map { trimmed($0.hasSuffix("»") ? String($0.dropLast()) : $0) }
        }
    }

    /// The most frequent prediction; of equals the first.
    private var majority: String? {
        let counts = predictions.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        let most = counts.values.max()
        return predictions.first { counts[$0] == most }
    }

    func value(of field: FieldDeclaration) -> JSON? {
        guard field.purpose == .answer, let majority else { return nil }
        // Seeing the right answer among the attempts is easier than finding it.
        if let short = known?.solution?.short, predictions.contains(short), known?.isMastered(easier: 0.2) == true {
            return field.value(from: short)
        }
        return field.value(from: situation.revised(majority, of: field, otherwise: predictions))
    }

    var explanation: String? { majority.map { "Most attempts lead to \($0), and their reasons hold." } }
}
