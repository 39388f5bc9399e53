import Programs
import Synchronization
import Testing

@testable import Retrieval

struct EmbeddingTests {
    // MARK: Vectors

    @Test(arguments: [1, 3, 16, 17, 40])
    func searchAgreesWithBruteForce(dimensions: Int) {
        var generator = Xorshift(state: 11)
        func vector() -> [Float] { (0..<dimensions).map { _ in Float.random(in: -3...3, using: &generator) } }
        let vectors = (0..<200).map { _ in vector() }
        let index = VectorIndex(dimensions: dimensions, components: vectors.flatMap(\.self))
        #expect(index.count == 200)
        for _ in 0..<20 {
            let query = vector()
            let expected = vectors.map { cosine($0, query) }.sorted(by: >).prefix(7)
            let found = index.search(query, limit: 7)
            #expect(found.count == 7)
            for (got, want) in zip(found, expected) {
                #expect(abs(got.score - want) < 1e-5)
                #expect(abs(cosine(vectors[got.number], query) - want) < 1e-5)
            }
        }
    }

    private func cosine(_ left: [Float], _ right: [Float]) -> Double {
        func dot(_ a: [Float], _ b: [Float]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
        return dot(left, right) / (dot(left, left) * dot(right, right)).squareRoot()
    }

    @Test func tiesAndZeros() {
        let index = VectorIndex(dimensions: 2, components: [0, 0, 2, 0, 1, 0, 0, 5])
        #expect(index.search([3, 0], limit: 4).map(\.number) == [1, 2, 0, 3])
        #expect(index.search([3, 0], limit: 4).map(\.score) == [1, 1, 0, 0])
        #expect(index.search([0, 0], limit: 2).map(\.number) == [0, 1])
        #expect(index.search([1, 1], limit: 0).isEmpty)
    }

    // MARK: The corpus

    private let passages = (0..<10).map { CorpusPassage(id: "p\($0)", text: "\($0)") }

    @Test func embedsTheCorpusOnceHoweverManyAsk() async throws {
        let model = CircleModel()
        let retriever = EmbeddingRetriever(model: model, batchSize: 3, concurrency: 2) { [passages] in passages }
        let usages = try await withThrowingTaskGroup(of: Usage.self) { group in
            for query in 0..<8 {
                group.addTask {
                    let retrieval = try await retriever.retrieve("\(query)", k: 3)
                    // The text itself is nearest, then its neighbours on the circle, the lower number first.
                    let expected = [query, (query + 9) % 10, (query + 1) % 10]
                    #expect(Set(retrieval.passages.map(\.text)) == Set(expected.map(String.init)))
                    #expect(retrieval.passages.first?.id == "p\(query)")
                    #expect(abs((retrieval.passages.first?.score ?? 0) - 1) < 1e-6)
                    return retrieval.usage[.embedding]
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        // Four batches of the corpus, told to one query; one call for each query.
        #expect(usages.map(\.calls).sorted() == [1, 1, 1, 1, 1, 1, 1, 5])
        #expect(model.calls.withLock { $0 } == 12)
        #expect(model.peak.withLock { $0 } <= 8)
    }

    @Test func aFailedBuildIsTriedAgainByTheNextQuery() async throws {
        let model = CircleModel(failures: [LanguageModelError(.server, "busy"), LanguageModelError(.authentication, "no key")])
        let retriever = EmbeddingRetriever(model: model, batchSize: 100) { [passages] in passages }
        await #expect(throws: ServiceError(.infrastructure, "the embedding model: busy")) {
            try await retriever.retrieve("1", k: 1)
        }
        await #expect(throws: ServiceError(.refused, "the embedding model: no key")) { try await retriever.retrieve("1", k: 1) }
        #expect(try await retriever.retrieve("1", k: 1).passages.map(\.text) == ["1"])
    }

    @Test func nothingIsAskedForNothing() async throws {
        let model = CircleModel()
        let retriever = EmbeddingRetriever(model: model) { [passages] in passages }
        #expect(try await retriever.retrieve(" \n", k: 3).passages.isEmpty)
        #expect(try await retriever.retrieve("1", k: 0).passages.isEmpty)
        #expect(model.calls.withLock { $0 } == 0)
    }

    @Test func aCorpusThatIsTooLargeNamesTheWayOut() async throws {
        let many = [CorpusPassage](repeating: CorpusPassage(text: "1"), count: EmbeddingRetriever.passageLimit + 1)
        let model = CircleModel()
        let retriever = EmbeddingRetriever(model: model) { many }
        let error = await #expect(throws: ServiceError.self) { try await retriever.retrieve("1", k: 1) }
        #expect(error?.fault == .refused)
        #expect(error?.message.contains("50001 passages") == true)
        #expect(error?.message.contains("nightshift corpus load FILE --name NAME --embed MODEL") == true)
        #expect(model.calls.withLock { $0 } == 0)
    }

    @Test(arguments: [[[Float]](), [[1, 2], [1]], [[1, .nan], [1, 2]], [[], []]])
    func brokenAnswersAreRefused(vectors: [[Float]]) async {
        let retriever = EmbeddingRetriever(model: FixedModel(vectors: vectors)) {
            [CorpusPassage(text: "a"), CorpusPassage(text: "b")]
        }
        await #expect(throws: ServiceError.self) { try await retriever.retrieve("a", k: 1) }
    }

    @Test func batchesCoverAllTexts() async throws {
        let taken = Mutex<[Int: [Float]]>([:])
        let usage = try await EmbeddingBatches(CircleModel(), size: 4, concurrency: 3).embed(passages.map(\.text)) {
            first, vectors in
            for (offset, vector) in vectors.enumerated() { taken.withLock { $0[first + offset] = vector } }
        }
        #expect(usage.calls == 3)
        #expect(taken.withLock { $0 } == Dictionary(uniqueKeysWithValues: (0..<10).map { ($0, CircleModel.vector("\($0)")) }))
    }
}

/// Puts the number that a text is on a circle of ten.
private final class CircleModel: EmbeddingModel {
    let calls = Mutex(0)
    let peak = Mutex(0)
    private let inFlight = Mutex(0)
    private let failures: Mutex<[LanguageModelError]>

    init(failures: [LanguageModelError] = []) { self.failures = Mutex(failures) }

    static func vector(_ text: String) -> [Float] {
        let places: [(Float, Float)] = [
            (1, 0), (0.809017, 0.587785), (0.309017, 0.951057), (-0.309017, 0.951057), (-0.809017, 0.587785), (-1, 0),
            (-0.809017, -0.587785), (-0.309017, -0.951057), (0.309017, -0.951057), (0.809017, -0.587785),
        ]
        let place = places[(Int(text) ?? 0) % 10]
        return [2 * place.0, 2 * place.1]
    }

    func embed(_ texts: [String]) async throws(LanguageModelError) -> EmbeddingResponse {
        let now = inFlight.withLock { count in
            count += 1
            return count
        }
        peak.withLock { $0 = max($0, now) }
        defer { inFlight.withLock { $0 -= 1 } }
        await Task.yield()
        if let failure = failures.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { throw failure }
        calls.withLock { $0 += 1 }
        return EmbeddingResponse(vectors: texts.map(Self.vector), usage: Usage(calls: 1, attempts: 1, promptTokens: texts.count))
    }
}

private struct FixedModel: EmbeddingModel {
    var vectors: [[Float]]

    func embed(_ texts: [String]) async throws(LanguageModelError) -> EmbeddingResponse { EmbeddingResponse(vectors: vectors) }
}
