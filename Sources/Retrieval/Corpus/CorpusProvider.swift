package import Programs

/// Where retrievers get the passages of the corpora that a study refers to.
package protocol CorpusProvider: Sendable {
    /// The passages of the corpus with this hash, in order.
    /// - Throws: `.refused` where there is no such corpus.
    func passages(ofCorpus sha256: String) async throws(ServiceError) -> [CorpusPassage]
}

/// Corpora in memory, for a process that has just read their files.
package struct LoadedCorpora: CorpusProvider {
    private let corpora: [String: Corpus]

    package init(_ corpora: [Corpus]) {
        self.corpora = Dictionary(corpora.map { ($0.sha256, $0) }) { first, _ in first }
    }

    package func passages(ofCorpus sha256: String) async throws(ServiceError) -> [CorpusPassage] {
        guard let corpus = corpora[sha256] else {
            throw ServiceError(.refused, "the corpus \(sha256.prefix(12)) was not read by this process")
        }
        return corpus.passages
    }
}
