/// How well a text matches the names of labels: the share of a label's name that the text mentions, rare words counting more.
struct LabelIndex: Sendable {
    let labels: [String]
    private var postings: [UInt64: [(label: Int, weight: Float)]] = [:]

    init(labels: [String]) {
        self.labels = labels
        let names = labels.map { Self.concepts(of: $0) }
        var frequency: [UInt64: Int] = [:]
        for name in names { for concept in name { frequency[concept, default: 0] += 1 } }
        for (label, name) in names.enumerated() {
            let weights = name.map { Self.rarity(frequency[$0] ?? 1, of: labels.count) }
            // Between the sum (which favours long names) and the mean (which favours short ones).
            let total = weights.reduce(0, +)
            let scale = 1 / (1 + total * 0.25)
            for (concept, weight) in zip(name, weights) { postings[concept, default: []].append((label, weight * scale)) }
        }
    }

    private static func rarity(_ frequency: Int, of count: Int) -> Float {
        // log2 of (1 + n/df), in steps fine enough for a ranking; at least a third so that common words still count.
        var ratio = Float(count) / Float(frequency)
        var result: Float = 0.33
        while ratio > 1 {
            result += 0.2 * min(1, ratio - 1)
            ratio /= 1.8
        }
        return result
    }

    static func concepts(of label: String) -> [UInt64] {
        let features = TextFeatures(label, withVector: false)
        return features.concepts.isEmpty ? [Lexicon.key(label)] : features.concepts
    }

    var concepts: Set<UInt64> { Set(postings.keys) }

    /// Adds, for every label, `scale` times the mentioned share of its name to `scores`.
    func add(_ concepts: [UInt64], scale: Float, to scores: inout [Float]) {
        for concept in concepts {
            guard let list = postings[concept] else { continue }
            for posting in list { scores[posting.label] += posting.weight * scale }
        }
    }
}
