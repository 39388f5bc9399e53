/// What an instruction or a complaint demands of a text: told by the words that such sentences use.
struct TextRules: Sendable, Equatable {
    var maxCharacters: Int?
    var maxWords: Int?
    /// Asked for something shorter without saying how short.
    var isShorter = false
    /// Asked for something else than before.
    var isOther = false
    var isLowercase = false
    /// Quoted texts that must be part of the value.
    var mentions: [String] = []
    /// Quoted texts of which the value must be one.
    var choices: [String] = []

    private static let limiting = ["most", "than", "exceed", "within", "maximum", "max", "length", "under", "below", "limit"]

    init(parsing text: String) {
        let words = Tokens.words(of: text)
        func has(_ stems: String...) -> Bool { words.contains { word in stems.contains { word.hasPrefix($0) } } }
        for (position, word) in words.enumerated() {
            guard let number = Int(word), number > 0 else { continue }
            let after = words[(position + 1)...].prefix(2)
            let before = words[..<position].suffix(4)
            guard !before.contains("least") else { continue }
            let limits = before.contains { Self.limiting.contains($0) } || after.contains { ["or", "max", "long"].contains($0) }
            if after.contains(where: { $0.hasPrefix("word") }) {
                if limits { maxWords = min(maxWords ?? .max, number) }
            } else if limits,
                after.contains(where: { $0.hasPrefix("char") || $0.hasPrefix("letter") }) || before.contains("length")
            {
                maxCharacters = min(maxCharacters ?? .max, number)
            }
        }
        isShorter =
            has("short", "concise", "brief", "too") && !words.contains("least") && has("short", "concise", "brief", "long")
        isOther = has("differ", "repeat", "distinct", "same", "already", "another", "new", "other", "unique")
        isLowercase = text.lowercased().contains("lowercase") || text.lowercased().contains("lower case")
        let quoted = text.contains("\"") ? Self.quoted(in: text) : []
        if text.contains("one of") {
            choices = quoted
        } else if has("mention", "contain", "includ"), !has("avoid", "without", "not") {
            mentions = quoted
        }
    }

    var limitsLength: Bool { maxCharacters != nil || maxWords != nil || isShorter }

    /// `value` made to keep these rules where that is possible by cutting and adding; `past` is what it must differ from.
    func applied(to value: String, past: String? = nil) -> String {
        if !choices.isEmpty, !choices.contains(value) { return choices.first { $0 != past } ?? choices[0] }
        var value = value
        for mention in mentions where !value.contains(mention) { value += " " + mention }
        if isLowercase { value = value.lowercased() }
        var words = value.split(whereSeparator: \.isWhitespace).map(String.init)
        if let maxWords, words.count > maxWords { words = Array(words.prefix(maxWords)) }
        let limit = maxCharacters ?? (isShorter ? past.map { max(8, $0.count * 2 / 3) } : nil)
        if let limit {
            while words.count > 1, words.joined(separator: " ").count > limit { words.removeLast() }
            if let only = words.first, only.count > limit { words = [String(only.prefix(limit))] }
        }
        let result = words.joined(separator: " ")
        // White space is kept unless the words had to change.
        return result == value.split(whereSeparator: \.isWhitespace).joined(separator: " ") ? value : result
    }

    /// Texts in double quotes.
    private static func quoted(in text: String) -> [String] {
        let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
        return parts.indices.compactMap { position in
            position % 2 == 1 && position < parts.count - 1 && !parts[position].isEmpty ? String(parts[position]) : nil
        }
    }
}
