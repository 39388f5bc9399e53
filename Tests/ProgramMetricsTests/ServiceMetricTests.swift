import JSON
import Programs
import Testing

@testable import ProgramMetrics

/// Metrics that use something else than a judge: embeddings, other metrics, Swift, a process.
@Suite struct ServiceMetricTests {
    private let example = Example(fields: ["answer": ["north", "east"], "q": "x"], inputKeys: ["q"])

    private func score(_ section: JSON, _ answer: JSON, _ services: MetricServices) async throws -> MetricScore {
        try await metric(section: section, outputs: ["answer"], services: services)
            .score(example, Prediction(fields: ["answer": answer]), trace: nil)
    }

    // MARK: Embeddings

    /// Texts as directions.
    private struct Compass: EmbeddingModel {
        static let vectors: [String: [Float]] = [
            "north": [0, 2], "east": [1, 0], "south": [0, -1], "southwest": [-1, -1], "northeast": [3, 3], "nowhere": [0, 0],
        ]

        func embed(_ texts: [String]) async throws(LanguageModelError) -> EmbeddingResponse {
            let usage = Usage(calls: 1, attempts: 1, promptTokens: texts.count)
            if texts[0] == "down" { throw LanguageModelError(.server, "down", usage: usage) }
            if texts[0] == "short" { return EmbeddingResponse(vectors: [[1]], usage: usage) }
            return EmbeddingResponse(vectors: texts.map { Self.vectors[$0] ?? [1, 1] }, usage: usage)
        }
    }

    @Test func embeddingSimilarity() async throws {
        let services = MetricServices(embedding: Compass())
        let section: JSON = ["kind": "embedding_similarity"]
        let near = try await score(section, "northeast", services)
        #expect(abs(near.score - 0.5.squareRoot()) < 1e-12)
        #expect(near.usage == UsageByRole(.embedding, Usage(calls: 1, attempts: 1, promptTokens: 3)))
        #expect(try await score(section, "north", services).score == 1)
        #expect(try await score(section, "southwest", services).score == 0)
        #expect(try await score(section, "nowhere", services).score == 0)
        #expect(try await score(["kind": "embedding_similarity", "threshold": 0.7], "northeast", services).score == 1)
        #expect(try await score(["kind": "embedding_similarity", "threshold": 0.8], "northeast", services).score == 0)
        for answer in ["down", "short"] as [JSON] {
            let error = await #expect(throws: MetricServiceError.self) { try await score(section, answer, services) }
            #expect(error?.fault == .infrastructure && error?.usage[.embedding].calls == 1)
        }
        let findings = #expect(throws: Diagnostics.self) {
            try metric(section: section, outputs: ["answer"], services: MetricServices())
        }
        #expect(findings?.description.contains("lm.embedding") == true)
    }

    // MARK: Weighted sums

    @Test func weighted() async throws {
        let section: JSON = [
            "weighted": [
                ["weight": 3, "metric": ["kind": "exact_match"]], ["metric": ["kind": "embedding_similarity", "threshold": 0.5]],
            ]
        ]
        let services = MetricServices(embedding: Compass())
        let score = try await score(section, "northeast", services)
        #expect(score.score == 0.25 && score.usage[.embedding].calls == 1)
        #expect(score.feedback == "exact_match: 0.0. expected one of 'north', 'east', got 'northeast'\nembedding_similarity: 1.0")
        #expect(try await self.score(section, "east", services).score == 1)
        let strict = JSON.object((section.objectValue ?? [:]).merging(["kind": "weighted", "threshold": 0.3]))
        #expect(try await self.score(strict, "northeast", services).score == 0)
        #expect(requiredLabels(section: section, outputs: ["answer"]) == ["answer"])
        #expect(
            try completedMetricSection(["weighted": [["metric": ["kind": "f1"]]]], outputs: ["a"])
                == ["weighted": [["metric": ["kind": "f1", "field": "a", "label": "a"]]]])
    }

    /// What the parts before a failure cost is not lost.
    @Test func weightedFailure() async throws {
        let section: JSON = [
            "weighted": [
                ["metric": ["kind": "embedding_similarity"]], ["metric": ["kind": "swift", "name": "broken"]],
            ]
        ]
        let services = MetricServices(embedding: Compass(), registered: ["broken": Scripted { throw MetricError("no") }])
        let error = await #expect(throws: MetricError.self) { try await score(section, "north", services) }
        #expect(error == MetricError("no", usage: UsageByRole(.embedding, Usage(calls: 1, attempts: 1, promptTokens: 3))))
    }

    // MARK: Swift

    private struct Scripted: Metric {
        let answer: @Sendable () throws -> MetricScore

        func score(_ example: Example, _ prediction: Prediction, trace: [TraceStep]?) async throws -> MetricScore { try answer() }
    }

    @Test func registered() async throws {
        let section: JSON = ["kind": "swift", "name": "mine", "labels": ["gold"]]
        let score = MetricScore(score: 0.3, feedback: "so so")
        #expect(try await self.score(section, "x", MetricServices(registered: ["mine": Scripted { score }])) == score)
        #expect(requiredLabels(section: section, outputs: ["answer"]) == ["gold"])
        let findings = #expect(throws: Diagnostics.self) {
            try metric(
                section: ["kind": "swift", "name": "min"], outputs: ["answer"],
                services: MetricServices(registered: ["mine": Scripted { score }]))
        }
        #expect(
            findings?.description == "name: no metric 'min' is registered in this executable; did you mean 'mine'? it has: mine")
        let unchecked = try metric(section: section, outputs: ["answer"])
        let error = await #expect(throws: MetricServiceError.self) {
            try await unchecked.score(example, Prediction(fields: [:]), trace: nil)
        }
        #expect(error?.fault == .refused)
    }

    private struct Odd: Error {}

    private func thrown(for cause: any Error) async -> (any Error)? {
        let services = MetricServices(registered: ["m": Scripted { throw cause }])
        let result: Result<MetricScore, any Error>
        do { result = .success(try await score(["kind": "swift", "name": "m"], "x", services)) } catch {
            result = .failure(error)
        }
        guard case .failure(let error) = result else { return nil }
        return error
    }

    /// A metric in Swift may ask models and services; their faults keep their meaning.
    @Test func registeredMetricsErrors() async throws {
        #expect(
            await thrown(for: LanguageModelError(.server, "x")) as? MetricServiceError
                == MetricServiceError(.infrastructure, "server: x"))
        #expect(
            await thrown(for: RunFailure(fault: .refused, kind: "no_model", message: "x")) as? MetricServiceError
                == MetricServiceError(.refused, "no_model: x"))
        #expect((await thrown(for: LanguageModelError(.budget, "x")) as? MetricServiceError)?.fault == .budget)
        #expect(await thrown(for: ServiceError(.program, "x")) as? MetricError == MetricError("x"))
        #expect((await thrown(for: CancellationError()) as? MetricServiceError)?.fault == .infrastructure)
        #expect(await thrown(for: Odd()) as? MetricError == MetricError("Odd()"))
    }

    // MARK: Processes

    @Test func process() async throws {
        let section: JSON = ["kind": "process", "command": ["judge", "-x"], "timeout": "500ms", "labels": ["gold"]]
        func score(_ answer: @escaping @Sendable (JSON) async throws -> JSON) async throws -> MetricScore {
            let services = MetricServices { spec in
                #expect(spec == ProcessSpec(command: ["judge", "-x"], timeout: .milliseconds(500)))
                return answer
            }
            return try await self.score(section, "north", services)
        }
        #expect(requiredLabels(section: section, outputs: ["answer"]) == ["gold"])
        let echo = try await score { ["score": 0.5, "feedback": .string($0.serialized())] }
        #expect(echo.score == 0.5)
        #expect(
            echo.feedback
                == #"{"example":{"answer":["north","east"],"q":"x"},"prediction":{"answer":"north"},"trace":null}"#)
        #expect(try await score { _ in true }.score == 1)
        #expect(try await score { _ in 0.25 }.score == 0.25)
        for answer in [["error": "no label"], ["score": 2], ["score": "high"], "x", [:], .null] as [JSON] {
            let error = await #expect(throws: MetricError.self) { try await score { _ in answer } }
            #expect(error?.description.contains("'judge -x'") == true)
        }
        let refused = await #expect(throws: MetricServiceError.self) {
            try await score { _ in throw ServiceError(.refused, "gone") }
        }
        #expect(refused?.fault == .refused)
        struct Died: Error {}
        let died = await #expect(throws: MetricServiceError.self) { try await score { _ in throw Died() } }
        #expect(died?.fault == .infrastructure)
    }

    @Test func processThatCannotStart() throws {
        let section: JSON = ["kind": "process", "command": ["judge"]]
        let services = MetricServices { _ in throw ServiceError(.refused, "judge: no such file") }
        let findings = #expect(throws: Diagnostics.self) { try metric(section: section, outputs: ["answer"], services: services) }
        #expect(findings?.description == "command: judge: no such file")
        #expect(throws: Diagnostics.self) { try metric(section: section, outputs: ["answer"], services: MetricServices()) }
        #expect(throws: Never.self) { try metric(section: section, outputs: ["answer"], services: .none) }
    }

    @Test(arguments: [("2", 2), (#""60s""#, 60), (#""2m""#, 120), (#""1h""#, 3600), ("0.5", 0.5)])
    func timeouts(text: String, seconds: Double) throws {
        let section: JSON = ["kind": "process", "command": ["judge"], "timeout": try JSON(parsing: text)]
        let services = MetricServices { spec in
            #expect(spec.timeout == .seconds(seconds))
            return { $0 }
        }
        _ = try metric(section: section, outputs: ["answer"], services: services)
    }
}
