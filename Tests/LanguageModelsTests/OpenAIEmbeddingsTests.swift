import HTTP
import JSON
import LanguageModels
import Programs
import TestSupport
import Testing

@Suite struct OpenAIEmbeddingsTests {
    /// Embeds a text as its length and its first byte, in reverse order, as a server may.
    private static func embed(_ request: LoopbackServer.Request) -> LoopbackServer.Reply {
        let texts = (try? JSON(parsing: request.body))?["input"]?.arrayValue ?? []
        let data = texts.enumerated().map { position, text -> JSON in
            let bytes = Array((text.stringValue ?? "").utf8)
            return ["index": .int(position), "embedding": [.int(bytes.count), .int(Int(bytes.first ?? 0)), 0.5]]
        }
        let body: JSON = [
            "object": "list", "data": .array(data.reversed()), "usage": ["prompt_tokens": .int(texts.count), "total_tokens": 0],
        ]
        return .respond(body: body.serialized())
    }

    private func model(_ server: LoopbackServer) throws -> OpenAIEmbeddings {
        var policy = RetryPolicy()
        policy.base = .milliseconds(1)
        let settings = try LanguageModelSettings(model: "openai/e", baseURL: server.url + "/v1", apiKeyEnvironment: "KEY")
        return OpenAIEmbeddings(settings: settings, environment: ["KEY": "sk"], transport: HTTPTransport(), policy: policy)
    }

    @Test func wireForm() async throws {
        let seen = Record<LoopbackServer.Request>()
        try await withServer { request in
            seen.append(request)
            return Self.embed(request)
        } _: { server in
            let response = try await model(server).embed(["Über", "", "b"])
            #expect(response.vectors == [[5, 195, 0.5], [1, 32, 0.5], [1, 98, 0.5]])
            #expect(response.usage == Usage(calls: 1, attempts: 1, promptTokens: 3))
        }
        let request = try #require(seen.all.first)
        #expect(request.path == "/v1/embeddings")
        #expect(request.headers["authorization"] == "Bearer sk")
        #expect(try JSON(parsing: request.body).serialized() == #"{"model":"e","input":["Über"," ","b"]}"#)
    }

    @Test func noTextsAreNoCall() async throws {
        try await withServer(Self.embed) { server in
            let response = try await model(server).embed([])
            #expect(response == EmbeddingResponse(vectors: []))
            #expect(server.counts.requests == 0)
        }
    }

    @Test func batchesKeepTheOrder() async throws {
        let sizes = Record<Int>()
        try await withServer { request in
            sizes.append((try? JSON(parsing: request.body))?["input"]?.arrayValue?.count ?? 0)
            return Self.embed(request)
        } _: { server in
            // 300 short ones are three batches; the long ones do not fit into one together.
            let texts =
                (0..<300).map { String(repeating: "x", count: $0 % 50 + 1) }
                + [60_000, 60_000].map { String(repeating: "y", count: $0) }
            let response = try await model(server).embed(texts)
            #expect(response.vectors.map { Int($0[0]) } == texts.map(\.utf8.count))
            #expect(response.usage == Usage(calls: 4, attempts: 4, promptTokens: 302))
            #expect(sizes.all.sorted() == [1, 45, 128, 128])
            #expect(server.counts.peak <= 4)
        }
    }

    @Test func aFailedBatchIsRepeatedByItself() async throws {
        let first = Counter()
        try await withServer { request in
            first.next() == 1 ? Answer.failure(500) : Self.embed(request)
        } _: { server in
            let response = try await model(server).embed([String](repeating: "a", count: 200))
            #expect(response.vectors.count == 200)
            #expect(response.usage == Usage(calls: 2, attempts: 3, promptTokens: 200))
        }
    }

    @Test func anErrorStopsTheRestAndKeepsWhatWasPaid() async throws {
        try await withServer { request in
            let texts = (try? JSON(parsing: request.body))?["input"]?.arrayValue ?? []
            return texts.contains("bad") ? Answer.failure(401) : Self.embed(request)
        } _: { server in
            var texts = [String](repeating: "a", count: 128 * 40)
            texts[200] = "bad"
            let model = try model(server)
            let error = try await #require(throws: LanguageModelError.self) { _ = try await model.embed(texts) }
            #expect(error.kind == .authentication)
            #expect(error.usage.attempts >= 1)
            #expect(error.usage.attempts <= server.counts.requests)
            #expect(server.counts.requests < 20)
        }
    }

    @Test(arguments: [
        "{}", "<html>", #"{"data":[]}"#, #"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}"#,
        #"{"data":[{"index":0,"embedding":[1]},{"index":2,"embedding":[1]}]}"#,
        #"{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[]}]}"#,
        #"{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":["x"]}]}"#,
        #"{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1,2]}]}"#,
    ])
    func malformedAnswers(_ body: String) async throws {
        try await withServer { _ in
            .respond(body: body)
        } _: { server in
            let model = try model(server)
            let error = try await #require(throws: LanguageModelError.self) { _ = try await model.embed(["a", "b"]) }
            #expect(error.kind == .malformedResponse)
            #expect(error.usage.calls == server.counts.requests)
        }
    }

    @Test func theStackHasThem() async throws {
        try await withServer(Self.embed) { server in
            let model = try embeddingModel(LanguageModelSettings(model: "openai/e", baseURL: server.url), environment: [:])
            #expect(try await model.embed(["abc"]).vectors == [[3, 97, 0.5]])
        }
        let error = #expect(throws: Diagnostic.self) {
            _ = try embeddingModel(LanguageModelSettings(model: "anthropic/claude-sonnet-4-5"))
        }
        #expect(error?.path.description == "model")
        #expect(error?.message.contains("no embeddings") == true)
    }
}
