package import Programs

/// Corpora in a database that searches them itself.
package protocol CorpusSearch: CorpusProvider {
    /// The passages that fit the words of the query best.
    func passages(ofCorpus sha256: String, matching query: String, limit: Int) async throws(ServiceError) -> [Passage]

    /// What is stored of the corpus's embeddings by `model`.
    /// - Throws: `.refused` where there are none.
    func vectors(ofCorpus sha256: String, model: String) async throws(ServiceError) -> any StoredVectors
}

/// Embeddings of a corpus's passages in a database, all by one model.
package protocol StoredVectors: Sendable {
    var dimensions: Int { get }

    /// Whether the database finds the nearest vectors itself.
    var isSearchable: Bool { get }

    /// The passages nearest to a vector of length 1, with their cosines.
    func passages(nearest vector: [Float], limit: Int) async throws(ServiceError) -> [Passage]

    /// All vectors one after the other, in the order of the passages.
    func components() async throws(ServiceError) -> [Float]
}
