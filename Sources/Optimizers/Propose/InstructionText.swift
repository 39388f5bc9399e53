/// What a model's answer to a proposal call says: without a label such as `**New instructions:**` and without quotes around it.
func cleanedInstruction(_ answer: String) -> String {
    var text = Substring(answer).trimmed()
    if let label = labelEnd(of: text) {
        let rest = text[label...].drop { $0 == "*" }.trimmed()
        if !rest.isEmpty { text = rest }
    }
    for quote in ["\"\"\"", "```", "\"", "'", "“"] {
        let closing = quote == "“" ? "”" : quote
        if text.hasPrefix(quote), text.hasSuffix(closing), text.count > quote.count + closing.count {
            text = text.dropFirst(quote.count).dropLast(closing.count).trimmed()
        }
    }
    return String(text)
}

/// The place after a leading label: one to five words on the first line that speak of instructions, and a colon.
/// Other leading words with a colon belong to the instructions (`Classify the query: …`).
private func labelEnd(of text: Substring) -> Substring.Index? {
    let line = text.prefix { !$0.isNewline }
    guard let colon = line.firstIndex(of: ":") else { return nil }
    let words = line[..<colon].split(whereSeparator: \.isWhitespace).map { $0.filter { $0.isLetter || $0 == "_" }.lowercased() }
    let isLabel = words.contains {
        $0.hasPrefix("instruction") || $0.hasSuffix("_instruction") || $0 == "proposal" || $0 == "prompt"
    }
    return (1...5).contains(words.count) && isLabel ? line.index(after: colon) : nil
}

extension Substring {
    fileprivate func trimmed() -> Substring {
        var text = self.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
