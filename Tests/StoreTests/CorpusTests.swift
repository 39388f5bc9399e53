import Foundation
import Hashing
import Postgres
import Store
import TestSupport
import Testing

struct CorpusTests {
    private static let towns: [PassageRecord] = [
        PassageRecord(id: "rome", text: "Rome is the capital of Italy. Seven hills rise there."),
        PassageRecord(id: "paris", text: "Paris is the capital of France, and its largest city."),
        PassageRecord(text: "The hills of Tuscany lie in Italy; hills, hills and again hills."),
        PassageRecord(text: "L'Aquila's \"old\" town {with braces}, a back\\slash and 東京."),
    ]

    private func store(on url: String? = nil) async throws -> Store {
        let address: String
        if let url { address = url } else { address = try await StoreFixture.migratedDatabase() }
        return Store(try Database(address: PostgresAddress(url: address), patience: .none))
    }

    private func hash(_ passages: [PassageRecord]) -> String {
        sha256(passages.map { "\($0.id ?? ""):\($0.text)" }.joined(separator: "\n"))
    }

    @discardableResult
    private func load(_ passages: [PassageRecord] = towns, as name: String? = "towns", into store: Store) async throws -> String {
        try await store.load(corpus: hash(passages), passages, name: name)
        return hash(passages)
    }

    // MARK: Passages

    @Test func whatIsLoadedIsReadBackPageByPage() async throws {
        let store = try await store()
        let many = (0..<2500).map {
            PassageRecord(id: $0.isMultiple(of: 3) ? "id \($0)" : nil, text: "passage number \($0) {\"\\,}")
        }
        var told: [Int] = []
        try await store.load(corpus: hash(many), many, name: "many") { told.append($0) }
        #expect(told == [1000, 2000, 2500])
        var pages: [PassageRecord] = []
        while true {
            let page = try await store.passages(of: hash(many), from: pages.count, count: 700)
            if page.isEmpty { break }
            pages += page
        }
        #expect(pages == many)
        #expect(try await store.passages(of: String(repeating: "0", count: 64), from: 0, count: 10).isEmpty)
    }

    @Test func theSameContentIsTheSameCorpus() async throws {
        let store = try await store()
        let first = try await load(into: store)
        try await load(as: "places", into: store)
        var told = 0
        try await store.load(corpus: first, Self.towns, name: "towns") { _ in told += 1 }
        #expect(told == 0)
        let all = try await store.corpora()
        #expect(all.map(\.name) == ["places", "towns"] && all.allSatisfy { $0.sha256 == first && $0.size == 4 })
        #expect(try await store.database.call("SELECT 1 FROM nightshift.passage").count == 4)
    }

    @Test func aNameMovesOnAndTheOlderContentStays() async throws {
        let store = try await store()
        let old = try await load(into: store)
        let new = try await load(Array(Self.towns.prefix(2)), into: store)
        #expect(try await store.corpus(named: "towns")?.sha256 == new)
        #expect(try await store.corpus(sha256: old)?.name == nil)
        #expect(try await store.passages(of: old, from: 0, count: 10) == Self.towns)
        #expect(try await store.corpora().map(\.name) == ["towns", nil])
    }

    @Test func anInterruptedLoadIsUnseenAndGoesOn() async throws {
        let store = try await store()
        let hash = hash(Self.towns)
        let row = try #require(
            try await store.database.call("SELECT corpus_id FROM nightshift.begin_corpus($1, 4)", [.text(hash)]).first)
        let corpus = try row.int("corpus_id")
        _ = try await store.database.call(
            "SELECT nightshift.add_passages($1, 0, $2, $3)",
            [.int(corpus), .textArray(["rome"]), .textArray([Self.towns[0].text])])
        #expect(try await store.corpora().isEmpty)
        #expect(try await store.passages(of: hash, from: 0, count: 9).isEmpty)
        #expect(
            await storeErrorCode { _ = try await store.database.call("SELECT nightshift.finish_corpus($1, 'x')", [.int(corpus)]) }
                == .invalidData)
        try await load(into: store)
        #expect(try await store.passages(of: hash, from: 0, count: 9) == Self.towns)
    }

    @Test func manyLoadTheSameAtOnce() async throws {
        let url = try await StoreFixture.migratedDatabase()
        let many = (0..<3000).map { PassageRecord(text: "number \($0)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let store = try await self.store(on: url)
                    try await self.load(many, as: "many", into: store)
                    await store.database.close()
                }
            }
            try await group.waitForAll()
        }
        let store = try await store(on: url)
        #expect(try await store.passages(of: hash(many), from: 0, count: 5000) == many)
    }

    // MARK: Words

    @Test func aQuestionFindsWhatHasAnyOfItsWords() async throws {
        let store = try await store()
        let corpus = try await load(into: store)
        func found(_ query: String, _ limit: Int = 10) async throws -> [String] {
            try await store.passages(of: corpus, matching: query, limit: limit).map { $0.id ?? String($0.text.prefix(9)) }
        }
        #expect(try await found("Which city is the capital of France?") == ["paris", "rome"])
        // Two words that fit beat one that is repeated.
        #expect(try await found("Italy's seven hills", 1) == ["rome"])
        #expect(try await found("What is the of?") == [])
        #expect(try await found("zebra") == [])
        #expect(try await found("") == [])
        #expect(try await found("capitals", 0) == [])
        let scores = try await store.passages(of: corpus, matching: "hills capital", limit: 10).compactMap(\.score)
        #expect(scores.count == 3 && scores == scores.sorted(by: >) && scores.allSatisfy { $0 > 0 })
    }

    @Test(arguments: [
        "it's L'Aquila's", "a & b | !c <-> (d:*)", "back\\slash \\' '", "東京", "nul\u{0}nul capital",
        "http://x.y/z?q='a' me@home.it 1.5e3 -7",
        String(repeating: "capital ", count: 20000),
    ])
    func anyTextIsAQuery(query: String) async throws {
        let store = try await store()
        let corpus = try await load(into: store)
        _ = try await store.passages(of: corpus, matching: query, limit: 3)
    }

    @Test func tiesAreInTheOrderOfTheCorpusAndOtherCorporaAreUnseen() async throws {
        let store = try await store()
        try await load(into: store)
        let same = (0..<30).map { PassageRecord(id: "\($0)", text: "capital city") }
        let corpus = try await load(same, as: "same", into: store)
        #expect(try await store.passages(of: corpus, matching: "capital", limit: 5).map(\.id) == ["0", "1", "2", "3", "4"])
    }

    // MARK: Vectors

    private static func vector(_ index: Int) -> [Float] {
        let angle = Float(index) * 0.3
        return [cos(angle), sin(angle), 0]
    }

    private func embed(_ corpus: String, _ numbers: [Int], in store: Store) async throws -> Int {
        let embedding = try await store.beginEmbedding(corpus: corpus, model: "m", dimensions: 3)
        try await store.addVectors(embedding: embedding, numbers.map { ($0, Self.vector($0)) })
        return embedding
    }

    @Test func vectorsAreLoadedInPartsAndReadBack() async throws {
        let store = try await store()
        let corpus = try await load(into: store)
        #expect(try await store.lackingVectors(corpus: corpus, model: "m") == [0, 1, 2, 3])
        let embedding = try await embed(corpus, [3, 1], in: store)
        #expect(try await store.lackingVectors(corpus: corpus, model: "m") == [0, 2])
        #expect(try await store.vectors(ofCorpus: corpus, model: "m") == nil)
        #expect(await storeErrorCode { try await store.finishEmbedding(corpus: corpus, model: "m") } == .invalidData)
        #expect(try await embed(corpus, [0, 1, 2], in: store) == embedding)
        let isSearchable = try await store.finishEmbedding(corpus: corpus, model: "m")
        let vectors = try #require(try await store.vectors(ofCorpus: corpus, model: "m"))
        #expect(vectors == VectorsRecord(embedding: embedding, dimensions: 3, isSearchable: isSearchable))
        #expect(try await store.components(of: vectors, from: 0, count: 3) == (0..<3).flatMap(Self.vector))
        #expect(try await store.components(of: vectors, from: 3, count: 3) == Self.vector(3))
        #expect(try await store.components(of: vectors, from: 4, count: 3).isEmpty)
        #expect(try await store.vectors(ofCorpus: corpus, model: "other") == nil)
        #expect(try await store.corpus(named: "towns")?.embeddings == [.init(model: "m", dimensions: 3)])
    }

    @Test func vectorsOfAnotherLengthAreRefused() async throws {
        let store = try await store()
        let corpus = try await load(into: store)
        let embedding = try await store.beginEmbedding(corpus: corpus, model: "m", dimensions: 3)
        #expect(await storeErrorCode { try await store.addVectors(embedding: embedding, [(0, [1, 2])]) } == .invalidData)
        #expect(
            await storeErrorCode { _ = try await store.beginEmbedding(corpus: corpus, model: "m", dimensions: 4) } == .invalidData
        )
        let unknown = String(repeating: "0", count: 64)
        #expect(
            await storeErrorCode { _ = try await store.beginEmbedding(corpus: unknown, model: "m", dimensions: 4) }
                == .invalidData)
    }

    /// Where the server has pgvector; elsewhere the search says that it has not, and workers search in memory.
    @Test func theNearestAreFoundByTheDatabaseWhereItCan() async throws {
        let store = try await store()
        let corpus = try await load(into: store)
        _ = try await embed(corpus, [0, 1, 2, 3], in: store)
        let isSearchable = try await store.finishEmbedding(corpus: corpus, model: "m")
        let vectors = try #require(try await store.vectors(ofCorpus: corpus, model: "m"))
        guard isSearchable else {
            #expect(
                await storeErrorCode { _ = try await store.passages(of: vectors, nearest: [1, 0, 0], limit: 1) } == .database)
            return
        }
        let found = try await store.passages(of: vectors, nearest: Self.vector(1), limit: 2)
        #expect(found.map(\.text) == [Self.towns[1].text, Self.towns[0].text])
        #expect(abs((found[0].score ?? 0) - 1) < 1e-6 && abs((found[1].score ?? 0) - Double(cos(Float(0.3)))) < 1e-6)
    }

    /// Where the server has no pgvector, its stand-in: a type and an operator of the same names, so that the statement is run.
    @Test func theStatementForPgvectorFindsTheNearest() async throws {
        let store = try await store()
        let corpus = try await load(into: store)
        _ = try await embed(corpus, [0, 1, 2, 3], in: store)
        guard try await !store.finishEmbedding(corpus: corpus, model: "m") else { return }
        for sql in [
            // The schema's owner role runs the statement, where another test has made it.
            "CREATE SCHEMA \"Ext s\"", "GRANT USAGE ON SCHEMA \"Ext s\" TO PUBLIC", "CREATE DOMAIN \"Ext s\".vector AS real[]",
            """
            CREATE FUNCTION "Ext s".inner(a "Ext s".vector, b "Ext s".vector) RETURNS double precision LANGUAGE sql IMMUTABLE
            AS 'SELECT -sum(x * y) FROM unnest(a, b) AS u (x, y)'
            """,
            "CREATE OPERATOR \"Ext s\".<#> (FUNCTION = \"Ext s\".inner, LEFTARG = \"Ext s\".vector, RIGHTARG = \"Ext s\".vector)",
            """
            INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
            VALUES (99999, 'vector', 10, '"Ext s"'::regnamespace, true, '0')
            """,
        ] { _ = try await store.database.call(sql) }
        let vectors = try #require(try await store.vectors(ofCorpus: corpus, model: "m"))
        #expect(vectors.isSearchable)
        let found = try await store.passages(of: vectors, nearest: Self.vector(1), limit: 3)
        #expect(found.map(\.text) == [1, 0, 2].map { Self.towns[$0].text })
        #expect(abs((found[0].score ?? 0) - 1) < 1e-6 && abs((found[2].score ?? 0) - Double(cos(Float(0.3)))) < 1e-6)
    }

    // MARK: Teams

    @Test func aTeamDoesNotSeeAnothersCorpora() async throws {
        let url = try await StoreFixture.migratedDatabase()
        let ours = try await store(on: url)
        let corpus = try await load(into: ours)
        let embedding = try await embed(corpus, [0, 1, 2, 3], in: ours)
        try await ours.finishEmbedding(corpus: corpus, model: "m")
        let vectors = try #require(try await ours.vectors(ofCorpus: corpus, model: "m"))
        // Roles belong to the server, which other tests share.
        let role = "stranger_\(UUID().uuidString.prefix(8).lowercased())"
        try await ours.makeRoles()
        _ = try await ours.enrol(role, in: "others", as: .member)
        let theirs = try await store(on: url.replacing("user=nightshift", with: "user=\(role)"))
        #expect(try await theirs.corpora().isEmpty)
        #expect(try await theirs.passages(of: corpus, from: 0, count: 9).isEmpty)
        #expect(try await theirs.passages(of: corpus, matching: "capital", limit: 9).isEmpty)
        #expect(try await theirs.vectors(ofCorpus: corpus, model: "m") == nil)
        #expect(try await theirs.components(of: vectors, from: 0, count: 9).isEmpty)
        #expect(await storeErrorCode { try await theirs.addVectors(embedding: embedding, [(0, [1, 2, 3])]) } == .invalidData)
        #expect(await storeErrorCode { try await theirs.finishEmbedding(corpus: corpus, model: "m") } == .invalidData)
        // The same content of another team is another corpus.
        try await load(into: theirs)
        #expect(try await theirs.corpora().map(\.sha256) == [corpus])
        #expect(try await ours.database.call("SELECT 1 FROM nightshift.corpus").count == 2)
    }
}
