import JSON

/// A call to the embeddings endpoint.
struct EmbeddingRequest {
    var model: String
    var texts: [String]
    var dimensions: Int

    init(_ body: JSON) throws(Diagnostic) {
        guard let model = body["model"]?.stringValue else {
            throw Diagnostic(JSONPath([.key("model")]), "you must provide a model")
        }
        let input = body["input"]
        let texts = input?.stringValue.map { [$0] } ?? input?.arrayValue?.compactMap(\.stringValue) ?? []
        guard !texts.isEmpty, texts.count == (input?.arrayValue?.count ?? 1) else {
            throw Diagnostic(JSONPath([.key("input")]), "expected a string or a list of strings")
        }
        self.model = model
        self.texts = texts
        dimensions = body["dimensions"]?.intValue ?? Embedding.dimensions
        guard (1...4096).contains(dimensions) else { throw Diagnostic(JSONPath([.key("dimensions")]), "expected 1 to 4096") }
    }

    var answer: JSON {
        let tokens = texts.reduce(0) { $0 + ChatAnswer.tokens($1) }
        let data = texts.enumerated().map { position, text -> JSON in
            let vector = Embedding.vector(of: text, dimensions: dimensions).map { JSON.double($0) }
            return ["object": "embedding", "index": .int(position), "embedding": .array(vector)]
        }
        return [
            "object": "list", "data": .array(data), "model": .string(model),
            "usage": ["prompt_tokens": .int(tokens), "total_tokens": .int(tokens)],
        ]
    }
}
