import HTTP
import LanguageModels
import Programs
import TestSupport
import Testing

@Suite struct RetryingModelTests {
    private func model(_ server: LoopbackServer, _ policy: RetryPolicy = RetryPolicy()) throws -> RetryingModel {
        let settings = try LanguageModelSettings(model: "openai/m", baseURL: server.url)
        return RetryingModel(OpenAIChat(settings: settings, environment: [:], transport: HTTPTransport()), policy: policy)
    }

    private var quick: RetryPolicy {
        var policy = RetryPolicy()
        policy.base = .milliseconds(1)
        return policy
    }

    @Test func recovers() async throws {
        let cut = LoopbackServer.Reply.raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        let replies = [Answer.failure(500), Answer.failure(429), cut, .respond(body: "junk"), Answer.completion("ok")]
        try await withServer(script(replies)) { server in
            let response = try await model(server, quick).complete(hello)
            #expect(response.text == "ok")
            #expect(response.usage == Usage(calls: 2, attempts: 5, promptTokens: 11, completionTokens: 3))
            #expect(server.counts.requests == 5)
        }
    }

    @Test func retryAfterIsWaitedFor() async throws {
        let limited = Answer.failure(429, headers: [("retry-after-ms", "400")])
        try await withServer(script([limited, limited, Answer.completion("ok")])) { server in
            let start = ContinuousClock.now
            let response = try await model(server, quick).complete(hello)
            let elapsed = ContinuousClock.now - start
            #expect(response.usage.attempts == 3)
            #expect(elapsed >= .milliseconds(800))
        }
    }

    /// The wait after a failure is none of the answer's latency.
    @Test func whatIsWaitedForIsMeasured() async throws {
        let limited = Answer.failure(429, headers: [("retry-after-ms", "300")])
        try await withServer(script([limited, Answer.completion("ok")])) { server in
            let model = try model(server, quick)
            let (meter, start) = (WaitMeter(), ContinuousClock.now)
            let text = await meter.during { try? await model.complete(hello).text }
            #expect(text == "ok" && meter.waited >= .milliseconds(300) && meter.waited <= ContinuousClock.now - start)
        }
    }

    @Test func attemptsAreBounded() async throws {
        try await withServer { _ in
            Answer.failure(503)
        } _: { server in
            let model = try model(server, quick)
            let error = try await #require(throws: LanguageModelError.self) { _ = try await model.complete(hello) }
            #expect(error.kind == .server)
            #expect(error.usage == Usage(attempts: 5))
            #expect(server.counts.requests == 5)
        }
        try await withServer { _ in
            Answer.failure(429)
        } _: { server in
            let model = try model(server, quick)
            let error = try await #require(throws: LanguageModelError.self) { _ = try await model.complete(hello) }
            #expect(error.kind == .rateLimited)
            #expect(server.counts.requests == 12)
        }
    }

    @Test(arguments: [400, 401, 404]) func refusalsAreNotRepeated(_ status: Int) async throws {
        try await withServer { _ in
            Answer.failure(status)
        } _: { server in
            let model = try model(server, quick)
            let error = try await #require(throws: LanguageModelError.self) { _ = try await model.complete(hello) }
            #expect(!error.isRetryable)
            #expect(server.counts.requests == 1)
        }
    }

    @Test func cancelledWhileItWaits() async throws {
        try await withServer { _ in
            Answer.failure(429, headers: [("Retry-After", "50")])
        } _: { server in
            let model = try model(server)
            let task = Task { try await model.complete(hello).text }
            while server.counts.requests < 1 { try await Task.sleep(for: .milliseconds(5)) }
            task.cancel()
            let error = await #expect(throws: LanguageModelError.self) { _ = try await task.value }
            #expect(error?.kind == .cancelled)
            #expect(error?.fault == .infrastructure)
        }
    }

    @Test func theStackTakesItsBoundsFromTheSettings() async throws {
        try await withServer { _ in
            Answer.failure(500, headers: [("retry-after-ms", "1")])
        } _: { server in
            var settings = try LanguageModelSettings(model: "openai/m", baseURL: server.url)
            settings.maxAttempts = 2
            let model = languageModel(settings, environment: [:])
            let error = try await #require(throws: LanguageModelError.self) { _ = try await model.complete(hello) }
            #expect(error.usage.attempts == 2)
        }
    }

    @Test func whatTheEndpointUnderstandsIsHandedOn() throws {
        for (policy, support) in [(.auto, .jsonSchema), (.jsonObject, .jsonObject), (.none, .none)]
            as [(ResponseFormatPolicy, ResponseFormatSupport)]
        {
            let settings = try LanguageModelSettings(model: "m", baseURL: "http://127.0.0.1:1/v1", responseFormat: policy)
            #expect(languageModel(settings, environment: [:]).responseFormats == support)
        }
    }
}
