package import Programs

/// Searches a corpus in the team's database by its words, with PostgreSQL's full-text search.
package struct StoredTextRetriever: Retriever {
    private let corpus: String
    private let search: any CorpusSearch

    /// - Parameter corpus: the corpus's hash.
    package init(corpus: String, search: any CorpusSearch) {
        self.corpus = corpus
        self.search = search
    }

    package func retrieve(_ query: String, k: Int) async throws(ServiceError) -> Retrieval {
        guard k > 0 else { return Retrieval(passages: []) }
        return Retrieval(passages: try await search.passages(ofCorpus: corpus, matching: query, limit: k))
    }
}
