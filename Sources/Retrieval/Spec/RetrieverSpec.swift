/// A retriever of a study: what a study file says under `program: {retrievers: {NAME: …}}`.
package struct RetrieverSpec: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Words, in memory.
        case bm25
        /// A corpus in the team's database.
        case postgres
        /// Meaning, in memory.
        case embeddings
        /// Any HTTP service.
        case http
    }

    /// How a corpus in the database is searched.
    package enum StoredSearch: String, Sendable, Hashable, CaseIterable {
        /// PostgreSQL's full-text search.
        case text
        /// BM25 in the worker's memory.
        case bm25
        /// The embeddings that were stored with it.
        case embeddings
    }

    package enum Content: Sendable, Hashable {
        case bm25(CorpusSource, BM25Parameters)
        case postgres(CorpusSource, StoredSearch, BM25Parameters)
        case embeddings(CorpusSource)
        case http(HTTPRetrieverSettings)
    }

    package var content: Content

    package init(_ content: Content) { self.content = content }

    package var kind: Kind {
        switch content {
        case .bm25: .bm25
        case .postgres: .postgres
        case .embeddings: .embeddings
        case .http: .http
        }
    }

    /// The corpus that it searches; nil for a service, whose corpus can't be set.
    package var corpus: CorpusSource? {
        get {
            switch content {
            case .bm25(let corpus, _), .postgres(let corpus, _, _), .embeddings(let corpus): corpus
            case .http: nil
            }
        }
        set {
            guard let newValue else { return }
            switch content {
            case .bm25(_, let parameters): content = .bm25(newValue, parameters)
            case .postgres(_, let search, let parameters): content = .postgres(newValue, search, parameters)
            case .embeddings: content = .embeddings(newValue)
            case .http: break
            }
        }
    }

    /// Whether it embeds queries, for which the study needs `lm.embedding`.
    package var needsEmbeddingModel: Bool {
        switch content {
        case .embeddings, .postgres(_, .embeddings, _): true
        case .bm25, .postgres, .http: false
        }
    }

    /// Whether it searches embeddings that were stored with the corpus.
    package var needsStoredEmbeddings: Bool {
        if case .postgres(_, .embeddings, _) = content { true } else { false }
    }
}
