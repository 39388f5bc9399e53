internal import Foundation
internal import Postgres

/// Embeddings of corpora: loaded, read, searched.
extension Store {
    /// The numbers of the passages that have no vector by `model` yet.
    package func lackingVectors(corpus sha256: String, model: String) async throws(StoreError) -> [Int] {
        let row = try await one("SELECT nightshift.lacking_vectors($1, $2) AS numbers", .text(sha256), .text(model))
        return try decoded { () throws(PostgresError) in try row.intArray("numbers") }
    }

    /// Finds or begins the embedding of a complete corpus; answers its key.
    /// - Throws: `.invalidData` where the model gave vectors of another length before.
    package func beginEmbedding(corpus sha256: String, model: String, dimensions: Int) async throws(StoreError) -> Int {
        let row = try await one(
            "SELECT nightshift.begin_embedding($1, $2, $3) AS embedding", .text(sha256), .text(model), .int(dimensions))
        return try decoded { () throws(PostgresError) in try row.int("embedding") }
    }

    /// Stores vectors, each of length 1, of the passages with these numbers.
    package func addVectors(embedding: Int, _ vectors: [(number: Int, vector: [Float])]) async throws(StoreError) {
        _ = try await call(
            "SELECT nightshift.add_vectors($1, $2, $3)", .int(embedding), .intArray(vectors.map(\.number)),
            .textArray(vectors.map { Self.arrayText($0.vector) }))
    }

    /// Makes an embedding searchable whose vectors are all there; answers whether the database can search it itself.
    @discardableResult
    package func finishEmbedding(corpus sha256: String, model: String) async throws(StoreError) -> Bool {
        let row = try await one("SELECT nightshift.finish_embedding($1, $2) AS is_searchable", .text(sha256), .text(model))
        return try decoded { () throws(PostgresError) in try row.bool("is_searchable") }
    }

    /// nil where the corpus has no complete embedding by that model.
    package func vectors(ofCorpus sha256: String, model: String) async throws(StoreError) -> VectorsRecord? {
        let rows = try await call("SELECT * FROM nightshift.my_embedding($1, $2)", .text(sha256), .text(model))
        guard let row = rows.first else { return nil }
        return try decoded { () throws(PostgresError) in
            VectorsRecord(
                embedding: try row.int("embedding_id"), dimensions: try row.int("dimensions"),
                isSearchable: try row.bool("is_searchable"))
        }
    }

    /// The components of `count` vectors from passage `first` on, one vector after the other; empty after the last.
    package func components(of vectors: VectorsRecord, from first: Int, count: Int) async throws(StoreError) -> [Float] {
        let rows = try await call(
            "SELECT vector FROM nightshift.vectors($1, $2, $3)", .int(vectors.embedding), .int(first), .int(count))
        var components: [Float] = []
        components.reserveCapacity(rows.count * vectors.dimensions)
        for row in rows {
            let text = try decoded { () throws(PostgresError) in try row.text("vector") }
            let before = components.count
            Self.parse(text, into: &components)
            guard components.count == before + vectors.dimensions else {
                throw StoreError(.malformed, "a stored vector has not \(vectors.dimensions) components")
            }
        }
        return components
    }

    /// The passages nearest to a vector of length 1, with their cosines. Only where ``VectorsRecord/isSearchable``.
    package func passages(of vectors: VectorsRecord, nearest vector: [Float], limit: Int) async throws(StoreError)
        -> [PassageRecord]
    {
        let rows = try await call(
            "SELECT id, content, score FROM nightshift.find_vectors($1, $2, $3)", .int(vectors.embedding),
            .text(Self.arrayText(vector)), .int(limit))
        return try passages(rows)
    }

    /// `{0.5,-0.25}`; each number reads back as the same float.
    private static func arrayText(_ vector: [Float]) -> String { "{" + vector.map(\.description).joined(separator: ",") + "}" }

    /// A thousand vectors have a million numbers: they are read where they stand.
    private static func parse(_ text: String, into components: inout [Float]) {
        text.withCString { start in
            var position = UnsafeMutablePointer(mutating: start)
            while position.pointee != 0 {
                var end: UnsafeMutablePointer<CChar>?
                let value = strtof(position, &end)
                if let end, end != position {
                    components.append(value)
                    position = end
                } else {
                    position += 1
                }
            }
        }
    }
}
