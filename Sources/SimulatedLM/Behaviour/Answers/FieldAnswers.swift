import JSON

/// The values of all output fields for one request: by the parts that its prompt asks for, labels by their chooser, the rest
/// from demos and inputs. Reasoning comes last, because it refers to the others.
struct FieldAnswers {
    typealias Answer = (field: FieldDeclaration, value: JSON)

    let situation: Situation
    let evidence: Evidence

    private var context: PromptContext { situation.context }
    private var turn: FinalTurn { situation.turn }
    private var draw: Digest { situation.draw }

    func all() -> [Answer] {
        let parts = context.casting.parts(in: situation)
        var chosen: [String: JSON] = [:]
        for field in context.head.outputs {
            if let value = parts.lazy.compactMap({ $0.value(of: field) }).first {
                chosen[field.name] = value
            } else if let label = label(for: field) {
                chosen[field.name] = label
            }
        }
        return context.head.outputs.map { field in
            if let value = chosen[field.name] { return (field, value) }
            if field.purpose == .reasoning, field.kind == .text, let text = parts.lazy.compactMap(\.explanation).first {
                return (field, .string(text))
            }
            return (field, value(field, chosen: chosen))
        }
    }

    private func label(for field: FieldDeclaration) -> JSON? {
        guard let chooser = context.choosers[field.name] else { return nil }
        let salt = Digest().combining(field.name).value
        let label = chooser.choose(
            evidence, hard: situation.hard.combining(salt), draw: draw.combining(salt),
            bias: bias(field, among: chooser.index.labels))
        if case .label(let values) = field.kind { return values[label] }
        return .bool(label == 0)
    }

    private static let refusedBias: Float = -0.8
    private static let attemptBias: Float = 0.5

    /// Against what was refused, for what other attempts chose.
    private func bias(_ field: FieldDeclaration, among labels: [String]) -> [Float] {
        guard turn.revision != nil || context.casting.contains(.comparer) else { return [] }
        var bias = [Float](repeating: 0, count: labels.count)
        if let past = turn.revision?.past[field.name], let label = labels.firstIndex(of: past) { bias[label] += Self.refusedBias }
        for prediction in Comparison.predictions(in: turn) {
            if let label = labels.firstIndex(of: prediction) { bias[label] += Self.attemptBias }
        }
        return bias
    }

    private func value(_ field: FieldDeclaration, chosen: [String: JSON]) -> JSON {
        switch field.kind {
        case .label, .boolean: return .null
        case .integer: return .int(Int(clampedNumber(field).rounded()))
        case .number: return .double(clampedNumber(field))
        case .schema(let schema):
            if let text = demoValue(field), let json = try? JSON(parsing: text) { return json }
            let words = Tokens.salient(in: turn.text, count: 8)
            let filler = SchemaValue(words: words, numbers: Extraction.numbers(in: turn.text), draw: draw, schema: schema)
            return filler.value(schema)
        case .text: return .string(situation.revised(text(field, chosen: chosen), of: field, otherwise: otherTexts))
        }
    }

    private func demoValue(_ field: FieldDeclaration) -> String? {
        evidence.nearestDemo.flatMap { context.demos[$0].outputs[field.name] }
    }

    /// What else could be said, for a retry whose first thought was refused already.
    private var otherTexts: [String] {
        turn.revision == nil
            ? [] : [Extraction.answer(from: turn), Tokens.salient(in: turn.text, count: 4).joined(separator: " ")]
    }

    /// The nearest demo's number, or the last one of the inputs, within the field's constraints.
    private func clampedNumber(_ field: FieldDeclaration) -> Double {
        let demo = demoValue(field).flatMap { Extraction.numbers(in: $0).last?.doubleValue }
        let found = demo ?? Extraction.numbers(in: turn.text).last?.doubleValue
        func bound(_ mark: String) -> Double? {
            SimulatedLM.text(after: mark, in: field.description).flatMap { Extraction.numbers(in: $0).first?.doubleValue }
        }
        let low = bound("greater than or equal to: ") ?? bound("greater than: ").map { $0 + 1 }
        let high = bound("less than or equal to: ") ?? bound("less than: ").map { $0 - 1 }
        let value = found ?? (low ?? 0) + (draw.uniform(3) * ((high ?? (low ?? 0) + 5) - (low ?? 0))).rounded()
        // A double beyond an integer's range could not be written as one.
        return min(high ?? 1e15, max(low ?? -1e15, value))
    }

    private func text(_ field: FieldDeclaration, chosen: [String: JSON]) -> String {
        switch field.purpose {
        case .reasoning: return reasoning(chosen)
        case .prefix: return "The \(Tokens.salient(in: turn.text, count: 1).first ?? "answer") is:"
        case .instruction: return InstructionProposal(turn).compose(draw)
        case .remark: return Description(turn: turn, draw: draw).text(named: field.name.lowercased())
        case .query, .answer: return demoValue(field) ?? Extraction.answer(from: turn)
        }
    }

    private func reasoning(_ chosen: [String: JSON]) -> String {
        let words = Tokens.salient(in: turn.inputs.bodies.max { $0.utf8.count < $1.utf8.count } ?? "", count: 3)
        let evidence = words.isEmpty ? "The input says little" : "The input mentions \(words.joined(separator: ", "))"
        let conclusions = context.head.outputs.compactMap { field in
            chosen[field.name].map { "\(field.name) \(PythonLiterals.spelling(of: $0))" }
        }
        return conclusions.isEmpty ? "\(evidence)." : "\(evidence), which points to \(conclusions.joined(separator: " and "))."
    }
}
