import JSON

/// Calculations that a question spells out or plainly asks for.
enum Arithmetic {
    /// An expression in Python's syntax: written out (`12 * (3 + 4)`) or told by a word (`the product of 3 and 4`).
    static func expression(in question: String) -> String? { written(in: question) ?? told(in: question) }

    /// The longest run of numbers, operators and brackets that holds at least two numbers and an operator.
    private static func written(in question: String) -> String? {
        var best = ""
        var run = ""
        for character in question.replacing("×", with: "*").replacing("÷", with: "/") + "\n" {
            if character.isASCII && character.isNumber || "+-*/(). ^%".contains(character) {
                run.append(character)
            } else {
                let candidate = closed(run)
                if candidate.count > best.count { best = candidate }
                run = ""
            }
        }
        return best.isEmpty ? nil : best.replacing("^", with: "**")
    }

    /// `run` where it is an expression, else nothing.
    private static func closed(_ run: String) -> String {
        var text = trimmed(run)
        while let last = text.last, ".+-*/^% ".contains(last) { text.removeLast() }
        let isExpression =
            Extraction.numbers(in: text.replacing("-", with: " ")).count > 1 && text.contains { "+-*/^%".contains($0) }
            && text.count { $0 == "(" } == text.count { $0 == ")" }
        // `3 - 4` is one; `2024-01` in a text is not worth much, but cannot be told from it.
        return isExpression ? text : ""
    }

    private static let words: [(words: [String], symbol: String)] = [
        (["product", "times", "multiplied", "multiply", "each", "per", "every"], " * "),
        (["difference", "minus", "less", "fewer", "left"], " - "),
        (["divided", "quotient", "split", "shared"], " / "), (["sum", "plus", "add", "total", "altogether", "together"], " + "),
    ]

    private static func told(in question: String) -> String? {
        let numbers = Extraction.numbers(in: question).map { $0.serialized() }
        guard numbers.count > 1 else { return nil }
        let asked = Tokens.words(of: question)
        guard let operation = words.first(where: { entry in entry.words.contains { asked.contains($0) } }) else { return nil }
        return numbers.joined(separator: operation.symbol)
    }
}
