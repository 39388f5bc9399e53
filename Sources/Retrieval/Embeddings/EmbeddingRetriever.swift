package import Programs

/// Searches a corpus in memory by the likeness of meaning: cosine similarity between embeddings, exact.
package struct EmbeddingRetriever: Retriever {
    /// How many passages are embedded at most: each process that searches embeds them anew.
    package static let passageLimit = 50_000

    private struct Searchable: Sendable {
        let passages: [CorpusPassage]
        let index: VectorIndex
        /// What embedding the corpus took.
        let usage: Usage
    }

    private let model: any EmbeddingModel
    private let searchable: SharedBuild<Searchable>

    /// - Parameter passages: gives the corpus; it is asked, and the corpus embedded, at the first query. The usage of that is
    ///   in the first query's answer.
    package init(
        model: any EmbeddingModel, batchSize: Int = 96, concurrency: Int = 4,
        passages: @escaping @Sendable () async throws(ServiceError) -> [CorpusPassage]
    ) {
        self.model = model
        let batches = EmbeddingBatches(model, size: batchSize, concurrency: concurrency)
        searchable = SharedBuild { () async throws(ServiceError) in
            try await Self.build(try await passages(), batches)
        }
    }

    private static func build(_ passages: [CorpusPassage], _ batches: EmbeddingBatches) async throws(ServiceError) -> Searchable {
        guard passages.count <= passageLimit else {
            throw ServiceError(
                .refused,
                """
                the corpus has \(passages.count) passages; a retriever of the kind embeddings takes \(passageLimit), which every \
                worker embeds by itself: load it once with 'nightshift corpus load FILE --name NAME --embed MODEL --database URL' and \
                search it with {kind: postgres, corpus: NAME, search: embeddings}
                """)
        }
        var vectors = [[Float]](repeating: [], count: passages.count)
        let usage = try await batches.embed(passages.map(\.text)) { first, batch in
            vectors.replaceSubrange(first..<first + batch.count, with: batch)
        }
        let index = VectorIndex(dimensions: vectors.first?.count ?? 1, components: vectors.flatMap(\.self))
        return Searchable(passages: passages, index: index, usage: usage)
    }

    package func retrieve(_ query: String, k: Int) async throws(ServiceError) -> Retrieval {
        guard k > 0, query.contains(where: { !$0.isWhitespace }) else { return Retrieval(passages: []) }
        let (corpus, isNew) = try await searchable.value()
        let embedded = try await embed(query: query, dimensions: corpus.index.dimensions, by: model)
        let passages = corpus.index.search(embedded.vector, limit: k).map { found in
            let passage = corpus.passages[found.number]
            return Passage(text: passage.text, id: passage.id, score: found.score)
        }
        return Retrieval(
            passages: passages, usage: UsageByRole(.embedding, embedded.usage + (isNew ? corpus.usage : .zero)))
    }
}

/// The query's vector, of as many components as the corpus's have.
func embed(
    query: String, dimensions: Int, by model: any EmbeddingModel
) async throws(ServiceError) -> (vector: [Float], usage: Usage) {
    let response = try await vectors(of: [query], by: model).get()
    guard let vector = response.vectors.first, vector.count == dimensions else {
        let count = response.vectors.first?.count ?? 0
        let message = "the query's embedding has \(count) components, but the corpus's have \(dimensions): use one model for both"
        throw ServiceError(.refused, message)
    }
    return (vector, response.usage)
}
