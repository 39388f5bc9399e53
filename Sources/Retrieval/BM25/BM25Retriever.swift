package import Programs

/// Searches a corpus in memory by its words.
package struct BM25Retriever: Retriever {
    private struct Searchable: Sendable {
        let passages: [CorpusPassage]
        let index: BM25Index
    }

    private let searchable: SharedBuild<Searchable>

    /// - Parameter passages: gives the corpus; it is asked, and the index is made, at the first query.
    package init(
        parameters: BM25Parameters = BM25Parameters(),
        passages: @escaping @Sendable () async throws(ServiceError) -> [CorpusPassage]
    ) {
        searchable = SharedBuild { () async throws(ServiceError) in
            let passages = try await passages()
            return Searchable(passages: passages, index: BM25Index(passages.lazy.map(\.text), parameters: parameters))
        }
    }

    package init(_ passages: [CorpusPassage], parameters: BM25Parameters = BM25Parameters()) {
        self.init(parameters: parameters) { passages }
    }

    package func retrieve(_ query: String, k: Int) async throws(ServiceError) -> Retrieval {
        let (corpus, _) = try await searchable.value()
        return Retrieval(
            passages: corpus.index.search(query, limit: k).map { found in
                let passage = corpus.passages[found.number]
                return Passage(text: passage.text, id: passage.id, score: found.score)
            })
    }
}
