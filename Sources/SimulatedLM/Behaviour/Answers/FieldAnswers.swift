import JSON

/// The values of all output fields for one request. Labels come first, because reasoning refers to them.
struct FieldAnswers {
    let context: PromptContext
    let turn: FinalTurn
    let evidence: Evidence
    /// Keyed by the server's seed and the inputs.
    let hard: Digest
    /// Keyed by the server's seed and the whole request.
    let draw: Digest

    func all() -> [(field: FieldDeclaration, value: JSON)] {
        var chosen: [String: JSON] = [:]
        for field in context.head.outputs {
            guard let chooser = context.choosers[field.name] else { continue }
            let salt = Digest().combining(field.name).value
            let label = chooser.choose(evidence, hard: hard.combining(salt), draw: draw.combining(salt))
            chosen[field.name] = field.kind == .boolean ? .bool(label == 0) : labelValue(field, label)
        }
        return context.head.outputs.map { field in (field, chosen[field.name] ?? value(field, chosen: chosen)) }
    }

    private func labelValue(_ field: FieldDeclaration, _ label: Int) -> JSON {
        if case .label(let values) = field.kind { values[label] } else { .null }
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
        case .text: return .string(text(field, chosen: chosen))
        }
    }

    private func demoValue(_ field: FieldDeclaration) -> String? {
        evidence.nearestDemo.flatMap { context.demos[$0].outputs[field.name] }
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
        let name = field.name.lowercased()
        func named(_ parts: String...) -> Bool { parts.contains { name.contains($0) } }
        if named("reason", "rationale", "thought", "explanation", "justification") { return reasoning(chosen) }
        if named("prefix") { return "The \(Tokens.salient(in: turn.text, count: 1).first ?? "answer") is:" }
        if named("instruction") { return InstructionProposal(turn).compose(draw) }
        if named("observation", "summary", "description", "feedback", "analysis", "trend", "advice") {
            return Description(turn: turn, draw: draw).text(named: name)
        }
        if let demo = demoValue(field) { return demo }
        if named("query", "search") { return Tokens.salient(in: turn.text, count: 6).joined(separator: " ") }
        return Extraction.answer(from: turn)
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
