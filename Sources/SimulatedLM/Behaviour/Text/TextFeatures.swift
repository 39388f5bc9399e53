/// What is compared about a text: its concepts, and a normalised sparse vector of words, word pairs and letter trigrams.
struct TextFeatures: Sendable {
    /// Concepts in order of appearance, empty words left out, each once.
    private(set) var concepts: [UInt64] = []
    /// Feature weights of unit length; features may repeat.
    private(set) var vector: [(feature: UInt64, weight: Float)] = []

    /// Longer texts are cut: what stands far down in a document hardly moves a label.
    private static let byteLimit = 4000

    init(_ text: String, withVector: Bool = true) {
        var tokens: [UInt64] = []
        tokens.reserveCapacity(24)
        Tokens.forEach(in: text, limit: Self.byteLimit) { word in
            if withVector { appendTrigrams(of: word) }
            var stem = word
            Stemmer.stem(&stem)
            tokens.append(Lexicon.key(stem: stem))
        }
        collectConcepts(tokens)
        guard withVector else { return }
        appendWords(tokens)
        normalise()
    }

    private mutating func appendTrigrams(of word: [UInt8]) {
        guard word.count > 3 else { return }
        for start in 0..<(word.count - 2) {
            let key = UInt64(word[start]) << 16 | UInt64(word[start + 1]) << 8 | UInt64(word[start + 2])
            vector.append((key, 0.25))
        }
    }

    private mutating func appendWords(_ tokens: [UInt64]) {
        let lexicon = Lexicon.english
        var previous: UInt64?
        for token in tokens {
            let isEmpty = lexicon.isEmptyWord(token)
            let concept = lexicon.concept(token)
            vector.append((concept, isEmpty ? 0.15 : 1))
            if let previous { vector.append((Lexicon.pair(previous, concept), isEmpty ? 0.2 : 0.6)) }
            previous = concept
        }
    }

    private mutating func collectConcepts(_ tokens: [UInt64]) {
        let lexicon = Lexicon.english
        func add(_ concept: UInt64) {
            if !concepts.contains(concept) { concepts.append(concept) }
        }
        for (position, token) in tokens.enumerated() {
            if position + 1 < tokens.count, let phrase = lexicon.phrase(token, tokens[position + 1]) { add(phrase) }
            if !lexicon.isEmptyWord(token) { add(lexicon.concept(token)) }
        }
    }

    private mutating func normalise() {
        let length = vector.reduce(into: Float(0)) { $0 += $1.weight * $1.weight }.squareRoot()
        guard length > 0 else { return }
        for index in vector.indices { vector[index].weight /= length }
    }
}
