/// One sentence: its words, and the names and numbers in it.
struct Sentence: Sendable {
    struct Word: Sendable {
        var text: String
        /// The text's bytes, ASCII in lower case.
        var lower: [UInt8]
        /// Stem, with words of the same meaning made equal.
        var key: UInt64
        var isEmpty: Bool
        var isCapital: Bool

        init(_ scalars: Substring.UnicodeScalarView) {
            text = String(scalars)
            lower = text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
            var stem = lower.filter { $0 != UInt8(ascii: "'") }
            Stemmer.stem(&stem)
            let key = Lexicon.key(stem: stem)
            self.key = Lexicon.english.concept(key)
            isEmpty = Lexicon.english.isEmptyWord(key)
            isCapital = scalars.first.map { $0.isASCII ? (0x41...0x5A).contains($0.value) : $0.properties.isUppercase } ?? false
        }
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
        words = Substring(self.text).unicodeScalars.split(whereSeparator: Self.separates).compactMap { part in
            let word = Self.bare(part)
            return word.isEmpty ? nil : Word(word)
        }
        names = Self.names(in: words)
    }

    private static func separates(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case " ", "\n", "\t", "\r", "-", "–", "—", "/", "(", ")", "[", "]", "«", "»", "\"", "“", "”", "\u{A0}": true
        default: false
        }
    }

    /// Without punctuation at its ends and without a possessive.
    private static func bare(_ part: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView {
        func isPart(_ scalar: Unicode.Scalar) -> Bool {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9": true
            default: !scalar.isASCII && scalar != "’"
            }
        }
        var part = part
        while let first = part.first, !isPart(first) { part.removeFirst() }
        while let last = part.last, !isPart(last) { part.removeLast() }
        if part.last == "s", let mark = part.dropLast().last, mark == "'" || mark == "’" { part.removeLast(2) }
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
            let isCapital = word.isCapital
            let joins =
                word.text == "of" && start != nil && position + 1 < words.count
                && words[position + 1].isCapital
            if isCapital || joins {
                start = start ?? position
            } else {
                close(position)
                if word.lower.first.map({ (0x30...0x39).contains($0) }) == true, Double(word.text.filter { $0 != "," }) != nil {
                    names.append(Name(text: word.text, range: position..<position + 1, isNumber: true))
                }
            }
        }
        close(words.count)
        return names
    }

    /// Whether the name, or the end of it, is among the names here.
    func mentions(_ name: String) -> Bool { names.contains { !$0.isNumber && Reader.same($0.text, name) } }
}
