import JSON

/// Takes short answers out of texts.
enum Extraction {
    /// The numbers of a text in order; commas between digits are ignored.
    static func numbers(in text: String) -> [JSON] {
        var numbers: [JSON] = []
        var digits = ""
        func flush() {
            let number = digits.last == "." ? String(digits.dropLast()) : digits
            if let whole = Int(number) {
                numbers.append(.int(whole))
            } else if let value = Double(number) {
                numbers.append(.double(value))
            }
            digits = ""
        }
        for character in text {
            if character.isASCII && character.isNumber || character == "." && !digits.isEmpty && !digits.contains(".") {
                digits.append(character)
            } else if character == "-" && digits.isEmpty {
                digits = "-"
            } else if character != "," || digits.isEmpty || digits == "-" {
                flush()
            }
        }
        flush()
        return numbers
    }

    /// An answer to whatever the inputs ask: a name from the sentence that fits best, the last number, else salient words.
    static func answer(from turn: FinalTurn) -> String {
        let bodies = turn.inputs.bodies.sorted { $0.utf8.count < $1.utf8.count }
        guard let question = bodies.first, let context = bodies.last else { return "unknown" }
        if bodies.count > 1, context.utf8.count > question.utf8.count, let name = span(answering: question, in: context) {
            return name
        }
        if let number = numbers(in: context).last { return number.serialized() }
        let words = Tokens.salient(in: context, count: 3)
        return words.isEmpty ? "unknown" : words.joined(separator: " ")
    }

    /// The longest run of capitalised words that the question lacks, in the sentence that shares most concepts with it.
    private static func span(answering question: String, in context: String) -> String? {
        let asked = Set(TextFeatures(question, withVector: false).concepts)
        let sentences = context.split(whereSeparator: { ".\n»".contains($0) }).map(String.init)
        let best = sentences.max { overlap($0, asked) < overlap($1, asked) }
        guard let best else { return nil }
        var runs: [[Substring]] = [[]]
        for word in best.split(separator: " ") {
            let isName = word.first?.isUppercase == true && !asked.contains(Lexicon.key(word.filter { $0.isLetter }))
            if isName { runs[runs.count - 1].append(word) } else if runs.last?.isEmpty == false { runs.append([]) }
        }
        let longest = runs.max { $0.count < $1.count } ?? []
        return longest.isEmpty ? nil : longest.joined(separator: " ").filter { !",;\"".contains($0) }
    }

    private static func overlap(_ sentence: String, _ asked: Set<UInt64>) -> Int {
        TextFeatures(sentence, withVector: false).concepts.count { asked.contains($0) }
    }
}
