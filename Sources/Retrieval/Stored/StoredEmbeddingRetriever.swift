package import Programs

/// Searches a corpus in the team's database by the embeddings that were stored with it: in the database where that can, else
/// in memory. Exact in both cases.
package struct StoredEmbeddingRetriever: Retriever {
    private enum Route: Sendable {
        case database(any StoredVectors)
        case memory([CorpusPassage], VectorIndex)

        var dimensions: Int {
            switch self {
            case .database(let vectors): vectors.dimensions
            case .memory(_, let index): index.dimensions
            }
        }
    }

    private let model: any EmbeddingModel
    private let route: SharedBuild<Route>

    /// - Parameters:
    ///   - corpus: the corpus's hash.
    ///   - model: embeds the queries.
    ///   - modelName: whose embeddings of the corpus are used.
    package init(corpus: String, model: any EmbeddingModel, modelName: String, search: any CorpusSearch) {
        self.model = model
        route = SharedBuild { () async throws(ServiceError) in
            let vectors = try await search.vectors(ofCorpus: corpus, model: modelName)
            if vectors.isSearchable { return .database(vectors) }
            let index = VectorIndex(dimensions: vectors.dimensions, components: try await vectors.components())
            return .memory(try await search.passages(ofCorpus: corpus), index)
        }
    }

    package func retrieve(_ query: String, k: Int) async throws(ServiceError) -> Retrieval {
        guard k > 0, query.contains(where: { !$0.isWhitespace }) else { return Retrieval(passages: []) }
        let (route, _) = try await route.value()
        let embedded = try await embed(query: query, dimensions: route.dimensions, by: model)
        let found: [Passage]
        switch route {
        case .database(let vectors): found = try await vectors.passages(nearest: normalized(embedded.vector), limit: k)
        case .memory(let passages, let index):
            found = index.search(embedded.vector, limit: k).map { found in
                Passage(text: passages[found.number].text, id: passages[found.number].id, score: found.score)
            }
        }
        return Retrieval(passages: found, usage: UsageByRole(.embedding, embedded.usage))
    }
}
