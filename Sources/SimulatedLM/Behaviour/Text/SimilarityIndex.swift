/// Cosine similarity of one text to many, by postings.
struct SimilarityIndex: Sendable {
    private var postings: [UInt64: [(document: Int, weight: Float)]] = [:]
    private(set) var count = 0

    init(_ documents: [TextFeatures]) {
        count = documents.count
        for (document, features) in documents.enumerated() {
            for entry in features.vector { postings[entry.feature, default: []].append((document, entry.weight)) }
        }
    }

    /// Similarity to each document. Repeated features make it exceed 1 for texts that repeat themselves; it is capped there.
    func similarities(to text: TextFeatures) -> [Float] {
        var result = [Float](repeating: 0, count: count)
        for entry in text.vector {
            guard let list = postings[entry.feature] else { continue }
            for posting in list { result[posting.document] += posting.weight * entry.weight }
        }
        for index in result.indices { result[index] = min(1, result[index]) }
        return result
    }
}
