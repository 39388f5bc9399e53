import JSON

/// Advice for each module of a program that missed its reward.
struct ModuleAdvice: Part {
    private static let namesFields = ["module_names", "predictors"]
    private let situation: Situation

    init(_ situation: Situation) { self.situation = situation }

    /// Whether a prompt wants advice by name: for the modules or predictors that an input lists.
    static func isAsked(_ head: PromptHead) -> Bool {
        head.outputs.contains { $0.name == "advice" } && head.inputs.contains { namesFields.contains($0.name) }
    }

    private var names: [String] {
        let text = Self.namesFields.lazy.compactMap { situation.turn.inputs[$0] }.first ?? ""
        let listed = PythonValue.parse(text[...])?.arrayValue?.compactMap(\.stringValue) ?? []
        guard listed.isEmpty else { return listed }
        return text.split(separator: "\n").map { trimmed(String($0.drop { "[]0123456789 «".contains($0) }.prefix { $0 != "»" })) }
    }

    /// What the reward looks at, told by the words of its source.
    private var demand: String {
        let reward = (situation.turn.input(named: ["reward_code", "goal"]) ?? "").lowercased()
        if ["len(", "length", "short", "character"].contains(where: { reward.contains($0) }) {
            return "Keep the value short and free of filler."
        }
        if reward.contains("==") || reward.contains("exact") || reward.contains("equal") {
            return "Answer with the exact value and nothing else."
        }
        if reward.contains(" in ") || reward.contains("contain") { return "Make sure that the value appears in what was given." }
        return "Check the value against the inputs once more and give another one where it does not fit."
    }

    func value(of field: FieldDeclaration) -> JSON? {
        guard field.purpose == .remark, case .schema = field.kind else { return nil }
        let words = Tokens.salient(in: situation.turn.input(named: ["program_inputs", "inputs"]) ?? "", count: 4).joined(
            separator: ", ")
        let advice = "For inputs about \(words): the last value did not reach the threshold. \(demand)"
        return .object(JSONObject(names.map { ($0, .string(advice)) }))
    }

    var explanation: String? { nil }
}
