import JSON

/// The answer to a prompt that declares no fields. GEPA's reflection prompt asks this way for a new instruction in a code block.
struct PlainAnswer {
    let context: PromptContext
    let last: String
    let draw: Digest

    /// The answer as an object, for a request that wants one.
    func object(_ format: AnswerFormat) -> JSON { .object(format.fitted(["answer": .string(text)], draw)) }

    var text: String {
        let asksForInstruction = last.contains("```") && last.lowercased().contains("new instruction")
        guard asksForInstruction else {
            let words = Tokens.salient(in: last, count: 6)
            return words.isEmpty ? "Understood." : "This is about \(words.joined(separator: ", "))."
        }
        let blocks = last.split(separator: "```", omittingEmptySubsequences: false).map(String.init)
        let current = blocks.count > 2 ? blocks[1] : ""
        let examples = blocks.count > 4 ? blocks[3] : last
        return "```\n\(InstructionProposal(current: current, examples: examples).compose(draw))\n```"
    }
}
