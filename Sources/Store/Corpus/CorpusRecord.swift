/// A complete corpus of the team, under one of its names.
package struct CorpusRecord: Sendable, Hashable {
    /// Embeddings of all its passages by one model.
    package struct Embedding: Sendable, Hashable {
        package var model: String
        package var dimensions: Int

        package init(model: String, dimensions: Int) {
            self.model = model
            self.dimensions = dimensions
        }
    }

    /// What study files call it; nil where no name means it now.
    package var name: String?
    package var sha256: String
    package var size: Int
    package var loadedAt: String
    package var embeddings: [Embedding]
}

/// One passage of a corpus.
package struct PassageRecord: Sendable, Hashable {
    /// What the corpus itself calls it.
    package var id: String?
    package var text: String
    /// How well it fits what was searched; nil where nothing was.
    package var score: Double?

    package init(id: String? = nil, text: String, score: Double? = nil) {
        self.id = id
        self.text = text
        self.score = score
    }
}

/// Where the vectors of a corpus lie.
package struct VectorsRecord: Sendable, Hashable {
    package var embedding: Int
    package var dimensions: Int
    /// Whether the database finds the nearest itself (pgvector).
    package var isSearchable: Bool

    package init(embedding: Int, dimensions: Int, isSearchable: Bool) {
        self.embedding = embedding
        self.dimensions = dimensions
        self.isSearchable = isSearchable
    }
}
