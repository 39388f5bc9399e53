/// What a question asks: about whom, by which relations, and for what kind of thing.
struct Question: Sendable {
    struct Relation: Sendable {
        var word: String
        var lower: [UInt8]
        var key: UInt64
        /// Words between this one and the nearest name in the question: the innermost relation comes first.
        var distance: Int
    }

    let text: String
    let names: [String]
    private(set) var relations: [Relation] = []
    /// Whether a number answers it.
    let wantsNumber: Bool
    let wantsYear: Bool
    /// The noun behind `which` or `what`.
    let wanted: UInt64?

    init(_ text: String) {
        self.text = trimmed(text)
        let sentence = Sentence(text)
        let lower = sentence.words.map { $0.text.lowercased() }
        let asking: Set = ["who", "whom", "whose", "what", "which", "when", "where", "how", "in", "name", "tell", "find"]
        // "Which" at the start is no name, but "Who" next to one would be taken for its first word.
        let named = sentence.names.filter { !$0.isNumber }.compactMap { name -> Sentence.Name? in
            guard name.range.lowerBound == 0, asking.contains(lower[0]) else { return name }
            guard name.range.count > 1 else { return nil }
            let range = 1..<name.range.upperBound
            return Sentence.Name(text: sentence.words[range].map(\.text).joined(separator: " "), range: range, isNumber: false)
        }
        names = named.map(\.text)
        wantsYear = lower.first == "when" || lower.contains("year")
        wantsNumber = wantsYear || lower.starts(with: ["how", "many"]) || lower.starts(with: ["how", "much"])
        let which = lower.firstIndex { $0 == "which" || $0 == "what" }
        wanted = which.flatMap { at in
            sentence.words[(at + 1)...].first { !$0.isEmpty }.flatMap { $0.isCapital ? nil : $0.key }
        }
        for (position, word) in sentence.words.enumerated() {
            guard !word.isEmpty, !asking.contains(lower[position]), !named.contains(where: { $0.range.contains(position) }) else {
                continue
            }
            let distance =
                named.map { name in
                    position < name.range.lowerBound ? name.range.lowerBound - position : position - name.range.upperBound + 1
                }.min() ?? position
            if !relations.contains(where: { $0.key == word.key }) {
                relations.append(Relation(word: lower[position], lower: word.lower, key: word.key, distance: distance))
            }
        }
        relations.sort { $0.distance < $1.distance }
    }

    /// Whether two words mean one relation: `founded` and `founder`.
    static func related(_ relation: Relation, _ word: Sentence.Word) -> Bool {
        if relation.key == word.key { return true }
        let (a, b) = (relation.lower, word.lower)
        guard a.count >= 4, b.count >= 4, a[0] == b[0] else { return false }
        var common = 0
        for (x, y) in zip(a, b) {
            guard x == y else { break }
            common += 1
        }
        return common >= 4 && common * 10 >= 7 * min(a.count, b.count) && common * 2 >= max(a.count, b.count)
    }
}
