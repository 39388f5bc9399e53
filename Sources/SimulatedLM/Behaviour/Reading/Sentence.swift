/// One sentence: its words, and the names and numbers in it.
struct Sentence: Sendable {
    struct Word: Sendable {
        var text: String
        /// Stem, with words of the same meaning made equal.
        var key: UInt64
        var isEmpty: Bool
    }

    /// A run of capitalised words, or a number.
    struct Name: Sendable, Equatable {
        var text: String
        var range: Range<Int>
        var isNumber: Bool
    }

    let text: String
    let words: [Word]
    let names: [Name]

    init(_ text: some StringProtocol) {
        self.text = trimmed(String(text))
        var words: [Word] = []
        for part in self.text.split(whereSeparator: { $0.isWhitespace || "-–—/()[]«»\"".contains($0) }) {
            let word = Self.bare(part)
            guard !word.isEmpty else { continue }
            let key = Lexicon.key(String(word.filter { $0 != "'" && $0 != "’" }))
            words.append(Word(text: String(word), key: Lexicon.english.concept(key), isEmpty: Lexicon.english.isEmptyWord(key)))
        }
        self.words = words
        names = Self.names(in: words)
    }

    /// Without punctuation at its ends and without a possessive.
    private static func bare(_ part: Substring) -> Substring {
        var part = part
        while let first = part.first, !first.isLetter && !first.isNumber { part.removeFirst() }
        while let last = part.last, !last.isLetter && !last.isNumber { part.removeLast() }
        for ending in ["'s", "’s"] where part.hasSuffix(ending) { part = part.dropLast(2) }
        return part
    }

    private static let verbs: Set<String> = [
        "is", "was", "are", "were", "has", "had", "lies", "flows", "rises", "stands", "and", "of",
    ]

    private static func names(in words: [Word]) -> [Name] {
        var names: [Name] = []
        var start: Int?
        func close(_ end: Int) {
            guard var from = start else { return }
            start = nil
            // The capital of a sentence's first word says nothing by itself.
            if from == 0, words[0].isEmpty { from = 1 }
            guard from < end else { return }
            if from == 0, end == 1, end < words.count, !verbs.contains(words[1].text) { return }
            names.append(Name(text: words[from..<end].map(\.text).joined(separator: " "), range: from..<end, isNumber: false))
        }
        for (position, word) in words.enumerated() {
            let isCapital = word.text.first?.isUppercase == true
            let joins =
                word.text == "of" && start != nil && position + 1 < words.count
                && words[position + 1].text.first?.isUppercase == true
            if isCapital || joins {
                start = start ?? position
            } else {
                close(position)
                if Double(word.text.filter { $0 != "," }) != nil {
                    names.append(Name(text: word.text, range: position..<position + 1, isNumber: true))
                }
            }
        }
        close(words.count)
        return names
    }

    /// Whether the name's words appear here in that order, next to each other.
    func mentions(_ name: String) -> Bool {
        text.contains(name) || names.contains { name.hasSuffix(" " + $0.text) && !$0.isNumber }
    }
}
