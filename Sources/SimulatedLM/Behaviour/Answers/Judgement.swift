import JSON

/// Scores of a response against a reference and a context, from the words that they really share, with a little noise.
struct Judgement: Part {
    private let situation: Situation
    private let response: [UInt64]
    private let reference: [UInt64]?
    private let context: Set<UInt64>?

    private static let responses = [
        "system_response", "response", "prediction", "predicted", "candidate", "assistant", "output", "answer",
    ]
    private static let references = ["ground_truth", "gold", "reference", "expected", "correct", "right", "true_", "target"]
    private static let contexts = ["context", "document", "passages", "evidence", "source"]
    private static let measures = [
        "recall", "complete", "precision", "ground", "faithful", "support", "score", "rating", "grade", "correct", "quality",
        "relevan",
        "reward", "match", "accura", "verdict", "judg",
    ]

    /// Whether a prompt judges: it puts out a measure, and has a response beside something to hold it against.
    static func isAsked(_ head: PromptHead) -> Bool {
        guard head.outputs.contains(where: isMeasure), let response = name(responses, head, excluding: references) else {
            return false
        }
        return head.inputs.count > 1 && head.inputs.contains { $0.name != response }
    }

    private static func isMeasure(_ field: FieldDeclaration) -> Bool {
        if case .text = field.kind { return false }
        return measures.contains { field.name.lowercased().contains($0) }
    }

    private static func name(_ parts: [String], _ head: PromptHead, excluding: [String] = []) -> String? {
        for part in parts {
            let found = head.inputs.first { field in
                field.name.lowercased().contains(part) && !excluding.contains { field.name.lowercased().contains($0) }
            }
            if let found { return found.name }
        }
        return nil
    }

    init(_ situation: Situation) {
        self.situation = situation
        let head = situation.context.head
        func words(_ name: String?) -> [UInt64]? {
            name.flatMap { situation.turn.inputs[$0] }.map { Sentence($0).words.filter { !$0.isEmpty }.map(\.key) }
        }
        let response = Self.name(Self.responses, head, excluding: Self.references)
        self.response = words(response) ?? []
        reference = words(Self.name(Self.references, head))
        let name = Self.name(Self.contexts, head) ?? head.inputs.first { $0.name != response }?.name
        context = words(name).map(Set.init)
    }

    /// The share of `words` that `others` have; 1 where there are none.
    private static func share(_ words: [UInt64], in others: Set<UInt64>) -> Double {
        words.isEmpty ? 1 : Double(words.count { others.contains($0) }) / Double(words.count)
    }

    private var recall: Double { reference.map { Self.share($0, in: Set(response)) } ?? grounded }
    private var precision: Double { reference.map { response.isEmpty ? 0 : Self.share(response, in: Set($0)) } ?? grounded }
    private var grounded: Double { response.isEmpty ? 0 : Self.share(response, in: context ?? Set(reference ?? [])) }
    private var f1: Double { precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0 }

    /// 0…1 for a measure of that name.
    private func measure(_ name: String) -> Double {
        let lower = name.lowercased()
        func named(_ parts: String...) -> Bool { parts.contains { lower.contains($0) } }
        let exact =
            named("recall", "complete")
            ? recall : named("precision") ? precision : named("ground", "faithful", "support") ? grounded : f1
        // Clear cases are judged alike every time.
        let noise =
            exact > 0.02 && exact < 0.98 ? 0.03 * situation.hard.combining(name).normal(1) + 0.01 * situation.draw.normal(2) : 0
        return min(1, max(0, exact + noise))
    }

    func value(of field: FieldDeclaration) -> JSON? {
        if Self.isMeasure(field) {
            let share = measure(field.name)
            switch field.kind {
            case .boolean: return .bool(share >= 0.5)
            case .number, .integer:
                let (low, high) = field.range ?? (field.kind == .integer ? (1, 5) : (0, 1))
                let value = low + share * (high - low)
                return field.kind == .integer ? .int(Int(value.rounded())) : .double((value * 100).rounded() / 100)
            case .label(let labels): return Self.label(share, among: labels)
            case .text, .schema: return nil
            }
        }
        guard field.kind == .text else { return nil }
        let name = field.name.lowercased()
        if name.contains("idea") || name.contains("claim") { return .string(list(ofResponse: name.contains("response"))) }
        return field.purpose == .remark ? .string(explanation ?? "") : nil
    }

    /// Numbers go by their size; of words, the good ones by their meaning; else the first is taken to be the best.
    private static func label(_ share: Double, among labels: [JSON]) -> JSON? {
        let numbers = labels.compactMap(\.doubleValue)
        if numbers.count == labels.count, let low = numbers.min(), let high = numbers.max() {
            let wanted = low + share * (high - low)
            return labels.min { abs(($0.doubleValue ?? 0) - wanted) < abs(($1.doubleValue ?? 0) - wanted) }
        }
        let good = ["yes", "correct", "pass", "true", "good", "supported", "full", "complete"]
        let best = labels.first { good.contains($0.stringValue?.lowercased() ?? "") } ?? labels.first
        let rest = labels.filter { $0 != best }
        return share >= 0.5 || rest.isEmpty ? best : share >= 0.25 ? rest.first : rest.last
    }

    private func list(ofResponse isResponse: Bool) -> String {
        let names = isResponse ? Self.responses : Self.references
        let text =
            Self.name(names, situation.context.head, excluding: isResponse ? Self.references : []).flatMap {
                situation.turn.inputs[$0]
            } ?? ""
        let ideas = Tokens.salient(in: text, count: 5)
        return ideas.isEmpty ? "None." : ideas.enumerated().map { "\($0.offset + 1). \($0.element)" }.joined(separator: "\n")
    }

    var explanation: String? {
        let share = Int((f1 * 100).rounded())
        let against = reference == nil ? "what was given" : "the reference"
        return "The response shares \(share) % of its content with \(against)"
            + (share >= 50 ? "." : "; name the missing facts and leave out the rest.")
    }
}
