internal import JSON
internal import Postgres

/// Corpora: loaded, found, read, searched by their words.
extension Store {
    /// How many passages travel in one call, and how many bytes of text at most, unless one passage has more.
    private static let (batchPassages, batchBytes) = (1000, 1 << 20)

    /// Stores a corpus; where it was stored before, or in part, only what lacks is sent. Then `name`, if given, means it.
    ///
    /// - Parameter progress: is told how many passages are there.
    package func load(
        corpus sha256: String, _ passages: [PassageRecord], name: String?, progress: (Int) -> Void = { _ in }
    ) async throws(StoreError) {
        let row = try await one(
            "SELECT corpus_id, loaded FROM nightshift.begin_corpus($1, $2)", .text(sha256), .int(passages.count))
        let (corpus, loaded) = try decoded { () throws(PostgresError) in (try row.int("corpus_id"), try row.int("loaded")) }
        var first = loaded
        while first < passages.count {
            let end = Self.batchEnd(passages, from: first)
            let batch = passages[first..<end]
            _ = try await call(
                "SELECT nightshift.add_passages($1, $2, $3, $4)", .int(corpus), .int(first),
                .textArray(batch.map { $0.id?.storable }), .textArray(batch.map(\.text.storable)))
            first = end
            progress(first)
        }
        _ = try await call("SELECT nightshift.finish_corpus($1, $2)", .int(corpus), name.map(PostgresValue.text) ?? .null)
    }

    private static func batchEnd(_ passages: [PassageRecord], from first: Int) -> Int {
        var (end, bytes) = (first, 0)
        while end < passages.count, end - first < batchPassages,
            end == first || bytes + passages[end].text.utf8.count <= batchBytes
        {
            bytes += passages[end].text.utf8.count
            end += 1
        }
        return end
    }

    /// The team's corpora by name; those without one last.
    package func corpora() async throws(StoreError) -> [CorpusRecord] {
        try await corpora("ORDER BY name NULLS LAST, sha256", [])
    }

    /// What a name means now.
    package func corpus(named name: String) async throws(StoreError) -> CorpusRecord? {
        try await corpora("WHERE name = $1", [.text(name)]).first
    }

    package func corpus(sha256: String) async throws(StoreError) -> CorpusRecord? {
        try await corpora("WHERE sha256 = $1 ORDER BY name LIMIT 1", [.text(sha256)]).first
    }

    private func corpora(_ clause: String, _ parameters: [PostgresValue]) async throws(StoreError) -> [CorpusRecord] {
        let rows = try await database.call("SELECT * FROM nightshift.corpus_overview \(clause)", parameters)
        var corpora: [CorpusRecord] = []
        for row in rows {
            let embeddings =
                try decodedJSON(try decoded { () throws(PostgresError) in try row.text("embeddings") })?.arrayValue ?? []
            corpora.append(
                try decoded { () throws(PostgresError) in
                    CorpusRecord(
                        name: try row.optionalText("name"), sha256: try row.text("sha256"), size: try row.int("size"),
                        loadedAt: try row.moment("loaded_at"),
                        embeddings: embeddings.compactMap { embedding in
                            guard let model = embedding["model"]?.stringValue, let dimensions = embedding["dimensions"]?.intValue
                            else { return nil }
                            return .init(model: model, dimensions: dimensions)
                        })
                })
        }
        return corpora
    }

    /// `count` passages from number `first` on; fewer at the end, none of a corpus that is not there.
    package func passages(of sha256: String, from first: Int, count: Int) async throws(StoreError) -> [PassageRecord] {
        let rows = try await call(
            "SELECT id, content, NULL::double precision AS score FROM nightshift.passages($1, $2, $3)", .text(sha256),
            .int(first), .int(count))
        return try passages(rows)
    }

    /// The passages that fit the words of `query` best, best first.
    package func passages(of sha256: String, matching query: String, limit: Int) async throws(StoreError) -> [PassageRecord] {
        let rows = try await call(
            "SELECT id, content, score FROM nightshift.find_words($1, $2, $3)", .text(sha256), .text(query.storable), .int(limit))
        return try passages(rows)
    }

    func passages(_ rows: [PostgresRow]) throws(StoreError) -> [PassageRecord] {
        try decoded { () throws(PostgresError) in
            try rows.map { row throws(PostgresError) in
                PassageRecord(
                    id: try row.optionalText("id"), text: try row.text("content"), score: try row.optionalDouble("score"))
            }
        }
    }
}
