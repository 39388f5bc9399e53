import HTTP
import JSON
import LanguageModels
import Programs
import Synchronization
import TestSupport
import Testing

/// Answers of a chat completions server.
enum Answer {
    static func completion(_ text: String, finish: String = "stop") -> LoopbackServer.Reply {
        let body: JSON = [
            "choices": [
                ["index": 0, "message": ["role": "assistant", "content": .string(text)], "finish_reason": .string(finish)]
            ],
            "usage": ["prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14],
        ]
        return .respond(headers: [("Content-Type", "application/json")], body: body.serialized())
    }

    static func failure(
        _ status: Int, code: String? = nil, type: String? = nil, message: String = "no", headers: [(String, String)] = []
    ) -> LoopbackServer.Reply {
        let error: JSON = [
            "error": [
                "message": .string(message), "code": code.map { .string($0) } ?? .null, "type": type.map { .string($0) } ?? .null,
            ]
        ]
        return .respond(status: status, headers: headers, body: error.serialized())
    }
}

func withServer<R>(
    _ handler: @escaping @Sendable (LoopbackServer.Request) -> LoopbackServer.Reply, _ body: (LoopbackServer) async throws -> R
) async rethrows -> R {
    let server = LoopbackServer(handler)
    defer { server.stop() }
    return try await body(server)
}

let hello = ChatRequest(messages: [ChatMessage(role: .system, content: "s"), ChatMessage(role: .user, content: "Grüße \"x\"\n")])

@Suite struct OpenAIChatTests {
    private func chat(
        _ server: LoopbackServer, temperature: Double? = nil, maxTokens: Int? = nil, keyVariable: String? = nil,
        timeout: Duration = .seconds(30), environment: [String: String] = ["OPENAI_API_KEY": "sk-own"]
    ) throws -> OpenAIChat {
        let settings = try LanguageModelSettings(
            model: "openai/m", baseURL: server.url + "/v1", temperature: temperature, maxTokens: maxTokens, timeout: timeout,
            apiKeyEnvironment: keyVariable)
        return OpenAIChat(settings: settings, environment: environment, transport: HTTPTransport())
    }

    /// What the server got for one request.
    private func sent(
        _ request: ChatRequest, temperature: Double? = nil, maxTokens: Int? = nil, keyVariable: String? = nil,
        environment: [String: String] = ["OPENAI_API_KEY": "sk-own"]
    ) async throws -> (request: LoopbackServer.Request, body: JSON) {
        let seen = Mutex<LoopbackServer.Request?>(nil)
        try await withServer { request in
            seen.withLock { $0 = request }
            return Answer.completion("ok")
        } _: { server in
            let chat = try chat(
                server, temperature: temperature, maxTokens: maxTokens, keyVariable: keyVariable, environment: environment)
            _ = try await chat.complete(request)
        }
        let request = try #require(seen.withLock { $0 })
        return (request, try JSON(parsing: request.body))
    }

    private func failure(_ reply: LoopbackServer.Reply, timeout: Duration = .seconds(30)) async throws -> LanguageModelError {
        try await withServer { _ in
            reply
        } _: { server in
            let chat = try chat(server, timeout: timeout)
            return try await #require(throws: LanguageModelError.self) { _ = try await chat.complete(hello) }
        }
    }

    @Test func completes() async throws {
        try await withServer { _ in
            Answer.completion("Zürich 🙂")
        } _: { server in
            let response = try await chat(server).complete(hello)
            let usage = Usage(calls: 1, attempts: 1, promptTokens: 11, completionTokens: 3)
            #expect(response == ChatResponse(text: "Zürich 🙂", finishReason: "stop", usage: usage))
        }
    }

    @Test func wireForm() async throws {
        let (request, body) = try await sent(hello, temperature: 0, maxTokens: 64)
        #expect(request.method == "POST")
        #expect(request.path == "/v1/chat/completions")
        #expect(request.headers["content-type"] == "application/json")
        #expect(
            body.serialized() == #"{"model":"m","messages":[{"role":"system","content":"s"},"#
                + #"{"role":"user","content":"Grüße \"x\"\n"}],"temperature":0.0,"max_tokens":64}"#)
    }

    @Test func requestsOverrideSettings() async throws {
        var request = hello
        (request.temperature, request.maxTokens, request.stop) = (0.7, 5, ["END"])
        let body = try await sent(request, temperature: 0, maxTokens: 64).body
        #expect(body["temperature"] == 0.7)
        #expect(body["max_tokens"] == 5)
        #expect(body["stop"] == ["END"])
    }

    @Test func seedOnlyAboveTemperatureZero() async throws {
        var request = hello
        request.rollout = 42
        #expect(try await sent(request, temperature: 0).body["seed"] == nil)
        #expect(try await sent(request, temperature: 0.1).body["seed"] == 42)
        request.rollout = .max
        #expect(try await sent(request, temperature: 1).body["seed"] == .int(.max))
        #expect(try await sent(hello, temperature: 1).body["seed"] == nil)
    }

    @Test func keysGoOnlyWhereTheyAreMeantToGo() async throws {
        #expect(try await sent(hello).request.headers["authorization"] == nil)
        let environment = ["OPENAI_API_KEY": "sk-own", "MY_KEY": "sk-mine"]
        let named = try await sent(hello, keyVariable: "MY_KEY", environment: environment)
        #expect(named.request.headers["authorization"] == "Bearer sk-mine")
        #expect(try await sent(hello, keyVariable: "MY_KEY", environment: [:]).request.headers["authorization"] == nil)
    }

    @Test func missingKeyIsRefusedWithoutACall() async throws {
        let chat = OpenAIChat(settings: try LanguageModelSettings(model: "openai/gpt-4o-mini"), environment: [:])
        let error = try await #require(throws: LanguageModelError.self) { _ = try await chat.complete(hello) }
        #expect(error.kind == .missingKey)
        #expect(error.fault == .refused)
        #expect(error.message.contains("OPENAI_API_KEY"))
        #expect(error.usage == .zero)
    }

    @Test func lengthKeepsTheText() async throws {
        try await withServer { _ in
            Answer.completion("half a sen", finish: "length")
        } _: { server in
            let response = try await chat(server).complete(hello)
            #expect(response.text == "half a sen")
            #expect(response.finishReason == "length")
        }
    }

    @Test(
        arguments: [
            (401, nil, nil, "no", .authentication), (403, nil, nil, "no", .authentication), (402, nil, nil, "no", .billing),
            (403, nil, nil, "Your input was flagged", .contentFilter),
            (429, "insufficient_quota", nil, "no", .billing), (429, nil, "insufficient_quota", "no", .billing),
            (429, "rate_limit_exceeded", nil, "no", .rateLimited), (404, "model_not_found", nil, "no", .unknownModel),
            (404, nil, nil, "no", .unknownModel), (400, "context_length_exceeded", nil, "no", .contextWindow),
            (400, nil, "BadRequestError", "This model's maximum context length is 4096 tokens", .contextWindow),
            (400, "content_filter", nil, "no", .contentFilter), (400, "unsupported_parameter", nil, "no", .unknownModel),
            (400, nil, "invalid_request_error", "no", .invalidRequest), (422, nil, nil, "no", .invalidRequest),
            (408, nil, nil, "no", .timeout), (413, nil, nil, "no", .contextWindow), (500, nil, nil, "no", .server),
            (503, nil, nil, "no", .server), (529, nil, nil, "no", .server),
        ] as [(Int, String?, String?, String, LanguageModelError.Kind)])
    func classification(
        _ status: Int, _ code: String?, _ type: String?, _ message: String, _ kind: LanguageModelError.Kind
    ) async throws {
        let error = try await failure(Answer.failure(status, code: code, type: type, message: message))
        #expect(error.kind == kind)
        #expect(error.status == status)
        #expect(error.usage == Usage(attempts: 1))
        #expect(error.message.contains(message))
    }

    @Test func unauthorisedIsARefusal() async throws {
        let error = try await failure(Answer.failure(401, message: "Incorrect API key"))
        #expect(error.fault == .refused)
        #expect(!error.isRetryable)
        #expect(error.message.contains("Incorrect API key"))
        #expect(error.message.contains("no API key was sent"))
        // Servers repeat the key that they were sent.
        let json = Answer.failure(401, message: "no such key: sk-hidden")
        let text = LoopbackServer.Reply.respond(status: 401, body: "sk-hidden?")
        try await withServer { request in request.path.hasPrefix("/text") ? text : json } _: { server in
            let settings = try LanguageModelSettings(model: "m", baseURL: server.url, apiKeyEnvironment: "TEAM_KEY")
            let model = OpenAIChat(settings: settings, environment: ["TEAM_KEY": "sk-hidden"], transport: HTTPTransport())
            let error = await #expect(throws: LanguageModelError.self) { try await model.complete(hello) }
            #expect(error?.message.contains("(the API key that was sent is that of TEAM_KEY)") == true)
            #expect(error?.message.contains("no such key: (the API key)") == true)
            #expect(error?.message.contains("sk-hidden") == false)
            let other = try LanguageModelSettings(model: "m", baseURL: server.url + "/text", apiKeyEnvironment: "TEAM_KEY")
            let second = OpenAIChat(settings: other, environment: ["TEAM_KEY": "sk-hidden"], transport: HTTPTransport())
            let message = await #expect(throws: LanguageModelError.self) { try await second.complete(hello) }?.message
            #expect(message?.contains("(the API key)?") == true && message?.contains("sk-hidden") == false)
        }
    }

    @Test(arguments: ["<html>busy</html>", "{\"choices\":[]}", "{}", "[1]", "{\"choices\":[{\"message\":"])
    func malformedAnswersArePaidFor(_ body: String) async throws {
        let error = try await failure(.respond(body: body))
        #expect(error.kind == .malformedResponse)
        #expect(error.usage.calls == 1)
        #expect(error.usage.attempts == 1)
        #expect(error.fault == .infrastructure)
    }

    @Test func errorsInAnAnswerWith200() async throws {
        let error = try await failure(.respond(body: #"{"error":{"message":"Provider returned error","code":502}}"#))
        #expect(error.kind == .server)
        #expect(error.usage.calls == 1)
    }

    @Test func filteredAnswers() async throws {
        #expect(try await failure(Answer.completion("", finish: "content_filter")).kind == .contentFilter)
        let refusal = #"{"choices":[{"message":{"content":null,"refusal":"I cannot"},"finish_reason":"stop"}]}"#
        let error = try await failure(.respond(body: refusal))
        #expect(error.kind == .contentFilter)
        #expect(error.fault == .program)
        #expect(error.usage.calls == 1)
    }

    @Test func retryAfterIsRead() async throws {
        let seconds = try await failure(Answer.failure(429, headers: [("Retry-After", "7")]))
        #expect(seconds.retryAfter == .seconds(7))
        let milliseconds = try await failure(Answer.failure(429, headers: [("retry-after-ms", "250"), ("retry-after", "9")]))
        #expect(milliseconds.retryAfter == .milliseconds(250))
        let past = try await failure(Answer.failure(503, headers: [("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT")]))
        #expect(past.retryAfter == .zero)
        let future = try await failure(Answer.failure(503, headers: [("Retry-After", "Fri, 31 Dec 2199 23:59:59 GMT")]))
        #expect(future.retryAfter == .seconds(86400))
        #expect(try await failure(Answer.failure(503, headers: [("Retry-After", "soon")])).retryAfter == nil)
    }

    @Test func transportFailures() async throws {
        let slow = try await failure(.hang, timeout: .seconds(2))
        #expect(slow.kind == .timeout)
        #expect(slow.usage == Usage(attempts: 1))
        #expect(try await failure(.close).kind == .transport)
        let settings = try LanguageModelSettings(model: "openai/m", baseURL: "http://127.0.0.1:\(LoopbackServer.unusedPort())")
        let chat = OpenAIChat(settings: settings, environment: [:])
        let error = try await #require(throws: LanguageModelError.self) { _ = try await chat.complete(hello) }
        #expect(error.kind == .transport)
        #expect(error.usage == .zero)
    }
}
