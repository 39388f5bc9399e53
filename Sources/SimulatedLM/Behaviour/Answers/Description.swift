/// Sentences about the inputs, for fields that ask for observations, summaries, descriptions or feedback.
struct Description {
    let turn: FinalTurn
    let draw: Digest

    func text(named name: String) -> String {
        let words = Tokens.salient(in: turn.text, count: 60)
        guard !words.isEmpty else { return "Nothing stands out." }
        let start = Int(draw.uniform(31) * Double(max(1, words.count - 6)))
        let chosen = words[start..<min(words.count, start + 6)].joined(separator: ", ")
        if name.contains("observation") {
            // DSPy's describer stops after some answers of this form.
            if turn.inputs.names.contains(where: { $0.contains("prior") }), draw.uniform(32) < 0.4 { return "COMPLETE" }
            return draw.pick(
                [
                    "The examples are short texts that speak of \(chosen). Most state one concern, in everyday words.",
                    "Recurring subjects are \(chosen). Texts vary in length and tone; close cases differ in a single word.",
                    "The data covers \(chosen). Outputs are brief and drawn from a fixed set.",
                ], 33)
        }
        if name.contains("module") || name.contains("program") || name.contains("description") {
            return "It reads its inputs, works on \(chosen), and returns the requested fields in one pass."
        }
        if name.contains("feedback") || name.contains("advice") {
            return "Look closer at \(chosen); name the deciding detail before answering."
        }
        return "A collection of short texts about \(chosen), each with the answer that the task expects."
    }
}
