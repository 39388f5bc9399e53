/// Composes an instruction from what a proposer's prompt says about a task: the current instruction, the program, the data,
/// a tip.
///
/// Each draw leaves out and puts in other parts, so proposals differ visibly in quality.
struct InstructionProposal: Sendable {
    private var current = ""
    private var inputs: [String] = []
    private var outputs: [String] = []
    private var labels: [String] = []
    private var topic: [String] = []
    private var tip = ""
    /// What went wrong under the current instruction, where the prompt shows it.
    private var reflected: ReflectedExamples?
    /// What was tried before, where the prompt shows it.
    private var attempts: ScoredAttempts?

    /// Recognises the fields of DSPy's proposers, COPRO's and ours by parts of their names.
    init(_ turn: FinalTurn) {
        for (name, body) in zip(turn.inputs.names, turn.inputs.bodies) {
            let lower = name.lowercased()
            if lower.contains("tip") {
                tip = body.lowercased()
            } else if lower.contains("previous") || lower.contains("attempted") {
                attempts = ScoredAttempts(body)
            } else if lower.contains("instruction") {
                if current.isEmpty || lower.contains("basic") || lower.contains("current") { current = trimmed(body) }
            } else if lower.contains("module") || lower.contains("program") || lower.contains("signature") {
                readSignature(body)
            } else if lower.contains("demo") || lower.contains("example") {
                readExamples(body)
            } else if lower.contains("summary") || lower.contains("dataset") || lower.contains("observation") {
                topic = Tokens.salient(in: body, count: 40)
            }
        }
        if current.isEmpty { current = trimmed(turn.inputs.bodies.first ?? "") }
        if topic.isEmpty { topic = Tokens.salient(in: turn.text, count: 12) }
    }

    init(current: String, examples: String) {
        self.current = trimmed(current)
        topic = Tokens.salient(in: examples, count: 40)
        readExamples(examples)
    }

    /// Examples with feedback, or demos.
    private mutating func readExamples(_ text: String) {
        guard let examples = ReflectedExamples(text) else { return readDemos(text) }
        reflected = examples
        inputs = examples.inputs
        outputs = examples.outputs
        for name in examples.confusions.flatMap({ [$0.wanted, $0.given] }).compactMap(\.self) where !labels.contains(name) {
            labels.append(name)
        }
    }

    /// `Predict(question, context) -> answer`, or a signature `question -> answer` in a program's source.
    private mutating func readSignature(_ text: String) {
        guard inputs.isEmpty, let arrow = text.firstRange(of: "->") else { return }
        let before = text[..<arrow.lowerBound].split(whereSeparator: { "(\n\"'[".contains($0) }).last ?? ""
        let after = text[arrow.upperBound...].prefix { !"\n\"'.)".contains($0) }
        inputs = Self.names(before)
        outputs = Self.names(after).filter { $0 != "reasoning" }
    }

    private static func names(_ list: Substring) -> [String] {
        list.split(separator: ",").compactMap { part in
            let name = part.split(separator: ":").first.map { $0.filter { $0.isLetter || $0.isNumber || $0 == "_" } } ?? ""
            return name.isEmpty ? nil : name
        }
    }

    /// Lines `Field: value`; short values that look like labels are kept.
    private mutating func readDemos(_ text: String) {
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = line[..<colon].lowercased()
            let value = trimmed(String(line[line.index(after: colon)...]))
            if !value.isEmpty, value.utf8.count <= 40, !value.contains(" "), !name.contains("question"), !labels.contains(value) {
                labels.append(value)
            }
        }
    }

    /// Chances of a part under the tip in hand.
    private struct Leaning {
        var persona = 0.25
        var fields = 0.6
        var method = 0.5
        var choice = 0.6
        var care = 0.5
        var examples = 0.5
        var stakes = 0.12
        var flourish = 0.12
    }

    private var leaning: Leaning {
        var leaning = Leaning()
        if let reflected {
            // Who knows what went wrong writes rules and no ornaments.
            leaning = Leaning(
                persona: 0.1, fields: 0.7, method: 0.5, choice: reflected.areUnreadable ? 0.95 : 0.6, care: 0.5, examples: 0.1,
                stakes: 0.05, flourish: 0.05)
        } else if tip.contains("simple") || tip.contains("concise") {
            leaning = Leaning(
                persona: 0.05, fields: 0.5, method: 0.3, choice: 0.5, care: 0.4, examples: 0.2, stakes: 0, flourish: 0)
        } else if tip.contains("creative") {
            leaning.flourish = 0.5
            leaning.examples = 0.6
        } else if tip.contains("descriptive") || tip.contains("informative") {
            leaning = Leaning(
                persona: 0.3, fields: 0.85, method: 0.65, choice: 0.75, care: 0.65, examples: 0.75, stakes: 0.1, flourish: 0.15)
        } else if tip.contains("stakes") {
            leaning.stakes = 0.95
        } else if tip.contains("persona") {
            leaning.persona = 0.95
        }
        return leaning
    }

    func compose(_ draw: Digest) -> String {
        let chance = leaning
        var parts: [String] = []
        func happens(_ probability: Double, _ purpose: UInt64) -> Bool { draw.uniform(purpose) < probability }
        let domain = topic.isEmpty ? "this task" : topic.prefix(3).joined(separator: ", ")
        if happens(chance.persona, 1) {
            parts.append(
                draw.pick(["You are an experienced specialist for \(domain).", "You are a patient expert on \(domain)."], 2))
        }
        let isInformed = reflected != nil || attempts != nil
        let kept = Self.firstSentences(of: attempts?.lessons(draw) ?? current, limit: isInformed ? 800 : 400)
        if !kept.isEmpty { parts.append(kept) }
        if happens(chance.stakes, 3) {
            parts.append(
                draw.pick(
                    ["A wrong answer has serious consequences for the people involved.", "Lives depend on a correct answer."], 4))
        }
        if happens(chance.fields, 5) { parts.append(fieldSentence(draw)) }
        if happens(chance.method, 6) {
            parts.append(
                draw.pick(
                    [
                        "Think step by step: first state what is asked, then compare the closest candidates.",
                        "Reason before you answer and explain which words decide.",
                        "First note the key detail, then compare the options that remain.",
                    ], 7))
        }
        if happens(chance.choice, 8) { parts.append(choiceSentence(draw)) }
        if happens(chance.care, 9) {
            parts.append(
                draw.pick(
                    [
                        "Be careful to distinguish similar cases and be specific.", "Pay careful attention to exact wording.",
                        "Be precise; only the exact answer counts.",
                    ], 10))
        }
        if happens(chance.examples, 11) { parts.append(exampleSentence(draw)) }
        if happens(chance.flourish, 12) {
            parts.append(
                draw.pick(
                    [
                        "Answer in flowing prose and imagine the story behind the words.",
                        "Let your creative side roam the wide universe of possible readings.",
                        "Write with style, as in a short essay about the world.",
                    ], 13))
        }
        if let reflected { parts += reflected.advice(draw) }
        // What the current instruction says already is not said again.
        let isNew = { (part: String) in !isInformed || part == kept || !kept.contains(part) }
        return parts.filter(isNew).joined(separator: " ")
    }

    private func fieldSentence(_ draw: Digest) -> String {
        let input = inputs.isEmpty ? "the input" : inputs.map { "`\($0)`" }.joined(separator: " and ")
        let output = outputs.isEmpty ? "the answer" : outputs.map { "`\($0)`" }.joined(separator: " and ")
        return draw.pick(
            [
                "Given \(input), produce \(output).", "Read \(input) and decide on \(output).",
                "Use all of \(input) to determine \(output).",
            ], 20)
    }

    private func choiceSentence(_ draw: Digest) -> String {
        let output = outputs.last.map { " for `\($0)`" } ?? ""
        return draw.pick(
            [
                "Answer with exactly one of the allowed values\(output).",
                "Choose one of the listed options\(output) and copy its spelling.",
            ], 21)
    }

    private func exampleSentence(_ draw: Digest) -> String {
        let hints = (labels.isEmpty ? topic : labels)
        guard !hints.isEmpty else { return "Mention the words that matter." }
        let start = Int(draw.uniform(22) * Double(hints.count))
        let chosen = (0..<min(5, hints.count)).map { hints[(start + $0) % hints.count] }
        return "Typical cases concern \(chosen.joined(separator: ", "))."
    }

    /// Keeps proposals from growing without end when they are fed back: whole sentences up to `limit` bytes.
    private static func firstSentences(of text: String, limit: Int) -> String {
        var kept = ""
        for sentence in text.split(separator: ".", omittingEmptySubsequences: true) {
            guard kept.isEmpty || kept.utf8.count + sentence.utf8.count <= limit else { break }
            kept += sentence + "."
        }
        return kept
    }
}
