internal import JSON
internal import Programs

/// The wire form of embeddings.
enum OpenAIEmbedding {
    private static let maxTexts = 128
    private static let maxBytes = 100_000

    /// Up to 128 texts and 100 000 bytes each; a longer text is a batch of its own.
    static func batches(_ texts: [String]) -> [[String]] {
        var batches: [[String]] = []
        var bytes = 0
        for text in texts {
            let size = text.utf8.count
            if let last = batches.last, last.count < maxTexts, bytes + size <= maxBytes {
                batches[batches.count - 1].append(text)
                bytes += size
            } else {
                batches.append([text])
                bytes = size
            }
        }
        return batches
    }

    /// An empty text is refused by the API; a blank says as little.
    static func body(of batch: [String], _ settings: LanguageModelSettings) -> JSON {
        ["model": .string(settings.model), "input": .array(batch.map { .string($0.isEmpty ? " " : $0) })]
    }

    /// The vectors in the order of the texts, whatever the order of the answer.
    static func response(_ body: JSON, count: Int, status: Int) throws(LanguageModelError) -> EmbeddingResponse {
        let counts = body["usage"]
        let tokens = counts?["prompt_tokens"]?.intValue ?? counts?["total_tokens"]?.intValue ?? 0
        let usage = Usage(calls: 1, attempts: 1, promptTokens: tokens)
        func malformed(_ message: String) -> LanguageModelError {
            LanguageModelError(.malformedResponse, message, status: status, usage: usage)
        }
        guard let data = body["data"]?.arrayValue else {
            throw malformed("the answer has no data: \(body.serialized().prefix(300))")
        }
        guard data.count == count else { throw malformed("\(data.count) embeddings came for \(count) texts") }
        var vectors = [[Float]](repeating: [], count: count)
        for (position, item) in data.enumerated() {
            let index = item["index"]?.intValue ?? position
            guard vectors.indices.contains(index), vectors[index].isEmpty else {
                throw malformed("data[\(position)].index is \(index), which is out of range or comes twice")
            }
            let numbers = item["embedding"]?.arrayValue ?? []
            let vector = numbers.compactMap { $0.doubleValue.map { Float($0) } }
            guard !vector.isEmpty, vector.count == numbers.count, vector.allSatisfy(\.isFinite) else {
                throw malformed("data[\(position)].embedding is no list of numbers")
            }
            vectors[index] = vector
        }
        return EmbeddingResponse(vectors: vectors, usage: usage)
    }
}
