import JSON
import Programs
import Testing

@testable import Retrieval

struct RetrieverSpecTests {
    private func spec(_ section: JSON) throws -> RetrieverSpec {
        try RetrieverSpec(section: section, path: JSONPath([.key("wiki")]))
    }

    @Test func readsEveryKind() throws {
        #expect(
            try spec(["kind": "bm25", "corpus": "c.jsonl", "k1": 2, "b": 0.5]).content
                == .bm25(.file(path: "c.jsonl", text: "text", id: nil), BM25Parameters(k1: 2, b: 0.5)))
        #expect(
            try spec(["kind": "embeddings", "corpus": "c.csv", "text": "body", "id": "key"]).content
                == .embeddings(.file(path: "c.csv", text: "body", id: "key")))
        #expect(try spec(["kind": "postgres", "corpus": "wiki"]).content == .postgres(.named("wiki"), .text, BM25Parameters()))
        #expect(
            try spec(["kind": "postgres", "corpus": "wiki", "search": "bm25", "b": 0]).content
                == .postgres(.named("wiki"), .bm25, BM25Parameters(b: 0)))
        let service = try spec([
            "kind": "http", "url": "https://h/s", "method": "post", "query": "q", "k": "", "passages": "r", "timeout": "1.5s",
            "headers": ["Key": "${K}"], "parameters": ["n": 1],
        ])
        guard case .http(let settings) = service.content else { throw ServiceError(.program, "no service") }
        #expect(settings.method == .post && settings.query == "q" && settings.k == nil && settings.passages == "r")
        #expect(settings.timeout == .milliseconds(1500) && settings.variables == ["K"] && settings.parameters == ["n": 1])
    }

    @Test func whatItNeeds() throws {
        #expect(try spec(["kind": "embeddings", "corpus": "c"]).needsEmbeddingModel)
        #expect(try spec(["kind": "postgres", "corpus": "c", "search": "embeddings"]).needsStoredEmbeddings)
        #expect(try !spec(["kind": "bm25", "corpus": "c"]).needsEmbeddingModel)
        var bm25 = try spec(["kind": "bm25", "corpus": "c"])
        bm25.corpus = .content(sha256: "00")
        #expect(bm25.corpus == .content(sha256: "00") && bm25.kind == .bm25)
    }

    @Test(
        arguments: [
            ["kind": "bm25", "corpus": "c.jsonl", "k1": 2], ["kind": "embeddings", "corpus": "c.csv", "id": "key"],
            ["kind": "postgres", "corpus": "wiki", "search": "bm25"],
            ["kind": "postgres", "corpus": "wiki", "search": "embeddings"],
            [
                "kind": "http", "url": "http://h", "k": "", "headers": ["A": "b"], "parameters": ["c": [1, 2]], "timeout": "2m",
                "score": "s",
                "method": "post",
            ],
        ] as [JSON])
    func theStoredFormIsReadBack(section: JSON) throws {
        var spec = try spec(section)
        #expect(try RetrieverSpec(json: JSON(parsing: spec.json.serialized())) == spec)
        spec.corpus = .content(sha256: "abc")
        #expect(try RetrieverSpec(json: JSON(parsing: spec.json.serialized())) == spec)
    }

    @Test(
        arguments: [
            ("text", ["wiki: expected a retriever such as {kind: bm25, corpus: corpus.jsonl}, found a string"]),
            (["corpus": "c"], ["wiki.kind: a retriever needs a kind: bm25, postgres, embeddings, http"]),
            (
                ["kind": "bm52", "corpus": "c"],
                [#"wiki.kind: unknown kind "bm52"; did you mean 'bm25'? allowed: bm25, postgres, embeddings, http"#]
            ),
            (
                ["kind": "bm25", "k1": -1, "b": "x", "tekst": "y"],
                [
                    "wiki.corpus: is missing: the file with the passages: JSON Lines, a JSON array, CSV, or .txt with a passage per line",
                    "wiki.k1: expected a number from 0.0 to 100.0, found -1",
                    #"wiki.b: expected a number from 0.0 to 1.0, found "x""#,
                    "wiki.tekst: unknown key 'tekst' of a retriever of the kind bm25; allowed: kind, corpus, text, id, k1, b",
                ]
            ),
            (["kind": "bm25", "corpus": 3], ["wiki.corpus: expected a string, found an integer"]),
            (
                ["kind": "postgres", "corpus": "", "k1": 2],
                [
                    "wiki.corpus: is empty; give a value or remove the key",
                    "wiki.k1: unknown key 'k1' of a retriever of the kind postgres; allowed: kind, corpus, search",
                ]
            ),
            (["kind": "http"], ["wiki.url: is missing: the address of the service"]),
            (["kind": "http", "url": "ftp://h"], [#"wiki.url: must begin with http:// or https://, not "ftp://h""#]),
            (
                ["kind": "http", "url": "http://u:p@h/"],
                ["wiki.url: holds a password, which would be stored; give it as a header with ${VARIABLE}"]
            ),
            (
                ["kind": "http", "url": "http://h", "timeout": 5, "headers": ["a b": "c", "d": 1], "method": "put"],
                [
                    #"wiki.method: unknown method "put"; allowed: get, post"#, "wiki.headers.a b: 'a b' is no name of a header",
                    "wiki.headers.d: expected a string, found an integer",
                    "wiki.timeout: expected a duration such as 500ms, 10s or 2m, found 5",
                ]
            ),
        ] as [(JSON, [String])])
    func mistakesAreAllNamed(section: JSON, expected: [String]) {
        let error = #expect(throws: Diagnostics.self) { _ = try spec(section) }
        #expect(error?.all.map(\.description) == expected)
    }

    // MARK: Retrievers of specs

    @Test func makesWhatTheSpecSays() async throws {
        let corpus = Corpus(["a cat", "a dog"].map { CorpusPassage(text: $0) })
        let database = MemoryDatabase(corpus: corpus, isSearchable: false)
        let parts = RetrieverParts(
            corpora: LoadedCorpora([corpus]), database: database, embedding: (LetterModel(), "letters"), environment: [:])
        let source = CorpusSource.content(sha256: corpus.sha256)
        let contents: [RetrieverSpec.Content] = [
            .bm25(source, BM25Parameters()), .embeddings(source), .postgres(source, .text, BM25Parameters()),
            .postgres(source, .bm25, BM25Parameters()), .postgres(source, .embeddings, BM25Parameters()),
        ]
        for content in contents {
            let retriever = try makeRetriever(RetrieverSpec(content), from: parts)
            #expect(try await retriever.retrieve("dog", k: 1).passages.map(\.text) == ["a dog"], "\(content)")
        }
    }

    @Test func storedVectorsAreSearchedByTheDatabaseWhereItCan() async throws {
        let corpus = Corpus(["a cat", "a dog"].map { CorpusPassage(text: $0) })
        let retriever = StoredEmbeddingRetriever(
            corpus: corpus.sha256, model: LetterModel(), modelName: "letters",
            search: MemoryDatabase(corpus: corpus, isSearchable: true))
        let retrieval = try await retriever.retrieve("dog", k: 1)
        #expect(retrieval.passages.map(\.text) == ["found by the database"] && retrieval.usage[.embedding].calls == 1)
        let stranger = StoredEmbeddingRetriever(
            corpus: corpus.sha256, model: LetterModel(letters: "ab"), modelName: "letters",
            search: MemoryDatabase(corpus: corpus, isSearchable: false))
        let error = await #expect(throws: ServiceError.self) { try await stranger.retrieve("dog", k: 1) }
        #expect(error?.message == "the query's embedding has 2 components, but the corpus's have 6: use one model for both")
    }

    @Test func whatIsMissingIsRefused() async throws {
        let parts = RetrieverParts(corpora: LoadedCorpora([]), environment: [:])
        let cases: [(RetrieverSpec.Content, String)] = [
            (.embeddings(.content(sha256: "0")), "lm.embedding"), (.postgres(.named("x"), .text, BM25Parameters()), "--database"),
            (.bm25(.file(path: "c.txt", text: "text", id: nil), BM25Parameters()), "c.txt"),
        ]
        for (content, word) in cases {
            let error = #expect(throws: ServiceError.self) { _ = try makeRetriever(RetrieverSpec(content), from: parts) }
            #expect(error?.fault == .refused && error?.message.contains(word) == true)
        }
        let retriever = try makeRetriever(RetrieverSpec(.bm25(.content(sha256: "0"), BM25Parameters())), from: parts)
        let error = await #expect(throws: ServiceError.self) { try await retriever.retrieve("q", k: 1) }
        #expect(error?.fault == .refused)
    }
}

/// Counts letters.
private struct LetterModel: EmbeddingModel {
    var letters = "catdog"

    func embed(_ texts: [String]) async throws(LanguageModelError) -> EmbeddingResponse {
        EmbeddingResponse(
            vectors: texts.map { text in letters.map { letter in Float(text.count { $0 == letter }) } },
            usage: Usage(calls: 1, attempts: 1))
    }
}

/// A corpus as a database would hold it.
private struct MemoryDatabase: CorpusSearch {
    var corpus: Corpus
    var isSearchable: Bool

    func passages(ofCorpus sha256: String) async throws(ServiceError) -> [CorpusPassage] { corpus.passages }

    func passages(ofCorpus sha256: String, matching query: String, limit: Int) async throws(ServiceError) -> [Passage] {
        corpus.passages.filter { $0.text.contains(query) }.prefix(limit).map { Passage(text: $0.text) }
    }

    func vectors(ofCorpus sha256: String, model: String) async throws(ServiceError) -> any StoredVectors {
        let response: EmbeddingResponse
        do throws(LanguageModelError) { response = try await LetterModel().embed(corpus.passages.map(\.text)) } catch {
            throw ServiceError(.refused, error.message)
        }
        return Vectors(isSearchable: isSearchable, all: response.vectors.flatMap(\.self))
    }

    struct Vectors: StoredVectors {
        var dimensions: Int { 6 }
        var isSearchable: Bool
        var all: [Float]

        func passages(nearest vector: [Float], limit: Int) async throws(ServiceError) -> [Passage] {
            [Passage(text: "found by the database")]
        }
        func components() async throws(ServiceError) -> [Float] { all }
    }
}
