import HTTP
import JSON
import LanguageModels
import Programs
import TestSupport
import Testing

@Suite struct AnthropicMessagesTests {
    private func message(_ text: String, stop: String = "end_turn", usage: JSON? = nil) -> LoopbackServer.Reply {
        let body: JSON = [
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m",
            "content": [["type": "thinking", "thinking": "hm"], ["type": "text", "text": .string(text)]],
            "stop_reason": .string(stop), "stop_sequence": .null, "usage": usage ?? ["input_tokens": 11, "output_tokens": 3],
        ]
        return .respond(headers: [("Content-Type", "application/json")], body: body.serialized())
    }

    private func failure(
        _ status: Int, _ type: String, _ message: String = "no", headers: [(String, String)] = []
    ) -> LoopbackServer.Reply {
        let body: JSON = ["type": "error", "error": ["type": .string(type), "message": .string(message)], "request_id": "req_1"]
        return .respond(status: status, headers: headers, body: body.serialized())
    }

    private func model(
        _ server: LoopbackServer, name: String = "m", temperature: Double? = nil, maxTokens: Int? = nil,
        keyVariable: String? = nil
    ) throws -> AnthropicMessages {
        let settings = try LanguageModelSettings(
            model: "anthropic/" + name, baseURL: server.url + "/v1", temperature: temperature, maxTokens: maxTokens,
            apiKeyEnvironment: keyVariable)
        return AnthropicMessages(settings: settings, environment: ["KEY": "sk-ant"], transport: HTTPTransport())
    }

    /// What the server got for one request.
    private func sent(
        _ request: ChatRequest, name: String = "m", temperature: Double? = nil, maxTokens: Int? = nil, keyVariable: String? = nil
    ) async throws -> (request: LoopbackServer.Request, body: JSON) {
        let seen = Record<LoopbackServer.Request>()
        let reply = message("ok")
        try await withServer { request in
            seen.append(request)
            return reply
        } _: { server in
            _ = try await model(server, name: name, temperature: temperature, maxTokens: maxTokens, keyVariable: keyVariable)
                .complete(request)
        }
        let request = try #require(seen.all.first)
        return (request, try JSON(parsing: request.body))
    }

    private func error(_ reply: LoopbackServer.Reply) async throws -> LanguageModelError {
        try await withServer { _ in
            reply
        } _: { server in
            let model = try model(server)
            return try await #require(throws: LanguageModelError.self) { _ = try await model.complete(hello) }
        }
    }

    @Test func completes() async throws {
        let usage: JSON = [
            "input_tokens": 11, "cache_creation_input_tokens": 5, "cache_read_input_tokens": 4, "output_tokens": 3,
        ]
        let reply = message("Zürich 🙂", usage: usage)
        try await withServer { _ in
            reply
        } _: { server in
            let model = try model(server)
            #expect(model.responseFormats == .none)
            let response = try await model.complete(hello)
            let usage = Usage(calls: 1, attempts: 1, promptTokens: 20, completionTokens: 3)
            #expect(response == ChatResponse(text: "Zürich 🙂", finishReason: "stop", usage: usage))
        }
    }

    @Test func wireForm() async throws {
        let (request, body) = try await sent(hello, temperature: 0, maxTokens: 64, keyVariable: "KEY")
        #expect(request.method == "POST")
        #expect(request.path == "/v1/messages")
        #expect(request.headers["content-type"] == "application/json")
        #expect(request.headers["anthropic-version"] == "2023-06-01")
        #expect(request.headers["x-api-key"] == "sk-ant")
        #expect(request.headers["authorization"] == nil)
        #expect(
            body.serialized() == #"{"model":"m","max_tokens":64,"system":"s","#
                + #""messages":[{"role":"user","content":"Grüße \"x\"\n"}],"temperature":0.0}"#)
    }

    @Test func requestsOverrideSettings() async throws {
        var request = hello
        (request.temperature, request.maxTokens, request.stop, request.rollout) = (1.7, 5, ["END"], 9)
        request.messages.append(ChatMessage(role: .system, content: "t"))
        request.responseFormat = .jsonObject
        let body = try await sent(request, temperature: 0, maxTokens: 64).body
        #expect(body["temperature"] == 1.0)
        #expect(body["max_tokens"] == 5)
        #expect(body["stop_sequences"] == ["END"])
        #expect(body["system"] == "s\n\nt")
        #expect(body["messages"]?.arrayValue?.count == 1)
        for key in ["seed", "response_format", "n"] { #expect(body[key] == nil) }
    }

    @Test(arguments: [
        ("claude-3-haiku-20240307", 4096), ("claude-3-opus-20240229", 4096), ("claude-3-5-sonnet-20241022", 8192),
        ("claude-3-7-sonnet-20250219", 16384), ("claude-sonnet-4-5", 16384),
    ])
    func theLimitIsMandatory(_ name: String, _ limit: Int) async throws {
        #expect(try await sent(hello, name: name).body["max_tokens"] == .int(limit))
    }

    @Test(arguments: [
        ("end_turn", "stop"), ("stop_sequence", "stop"), ("max_tokens", "length"), ("model_context_window_exceeded", "length"),
        ("pause_turn", "pause_turn"),
    ])
    func finishReasons(_ stopReason: String, _ finishReason: String) async throws {
        let reply = message("text", stop: stopReason)
        try await withServer { _ in
            reply
        } _: { server in
            let response = try await model(server).complete(hello)
            #expect(response.finishReason == finishReason)
        }
    }

    @Test(
        arguments: [
            (400, "invalid_request_error", "no", .invalidRequest), (401, "authentication_error", "no", .authentication),
            (403, "permission_error", "no", .authentication), (402, "billing_error", "no", .billing),
            (400, "invalid_request_error", "Your credit balance is too low to access the API.", .billing),
            (400, "invalid_request_error", "You have reached your specified API usage limits.", .billing),
            (404, "not_found_error", "model: claude-9", .unknownModel), (413, "request_too_large", "no", .contextWindow),
            (400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum", .contextWindow),
            (400, "invalid_request_error", "max_tokens: 16384 > 8192, which is the maximum allowed", .unknownModel),
            (429, "rate_limit_error", "no", .rateLimited), (500, "api_error", "no", .server),
            (504, "timeout_error", "no", .server), (529, "overloaded_error", "Overloaded", .server),
        ] as [(Int, String, String, LanguageModelError.Kind)])
    func classification(_ status: Int, _ type: String, _ message: String, _ kind: LanguageModelError.Kind) async throws {
        let error = try await error(failure(status, type, message))
        #expect(error.kind == kind)
        #expect(error.status == status)
        #expect(error.usage == Usage(attempts: 1))
        #expect(error.message.contains(message))
    }

    @Test func failuresWithDetails() async throws {
        let limited = try await error(failure(429, "rate_limit_error", headers: [("retry-after", "7")]))
        #expect(limited.retryAfter == .seconds(7))
        let refusal = try await error(message("", stop: "refusal"))
        #expect(refusal.kind == .contentFilter)
        #expect(refusal.usage == Usage(calls: 1, attempts: 1, promptTokens: 11, completionTokens: 3))
        for body in ["{}", "[1]", "<html>", "{\"content\":\"text\"}"] {
            let malformed = try await error(.respond(body: body))
            #expect(malformed.kind == .malformedResponse)
            #expect(malformed.usage.calls == 1)
        }
        #expect(try await error(failure(200, "overloaded_error")).kind == .server)
        #expect(try await error(.close).kind == .transport)
    }

    @Test func missingKeyIsRefusedWithoutACall() async throws {
        let model = AnthropicMessages(settings: try LanguageModelSettings(model: "anthropic/claude-sonnet-4-5"), environment: [:])
        let error = try await #require(throws: LanguageModelError.self) { _ = try await model.complete(hello) }
        #expect(error.kind == .missingKey)
        #expect(error.message.contains("ANTHROPIC_API_KEY"))
        #expect(error.usage == .zero)
    }

    @Test func severalAnswersAreSeveralRequests() async throws {
        let position = Counter()
        try await withServer { _ in
            message("answer \(position.next())")
        } _: { server in
            var request = hello
            request.count = 3
            let response = try await model(server).complete(request)
            #expect(Set([response.text] + response.alternatives) == ["answer 0", "answer 1", "answer 2"])
            #expect(response.usage == Usage(calls: 3, attempts: 3, promptTokens: 33, completionTokens: 9))
        }
    }

    @Test func whatCameIsKeptWhereSomeFail() async throws {
        let replies = [failure(529, "overloaded_error"), message("b"), failure(429, "rate_limit_error"), message("d")]
        try await withServer(script(replies)) { server in
            var request = hello
            request.count = 4
            let response = try await model(server).complete(request)
            #expect(Set([response.text] + response.alternatives) == ["b", "d"])
            #expect(response.usage == Usage(calls: 2, attempts: 4, promptTokens: 22, completionTokens: 6))
        }
        try await withServer(script([failure(400, "invalid_request_error"), failure(529, "overloaded_error")])) { server in
            var request = hello
            request.count = 2
            let model = try model(server)
            let error = try await #require(throws: LanguageModelError.self) { _ = try await model.complete(request) }
            #expect(error.kind == .server)
            #expect(error.usage == Usage(attempts: 2))
        }
    }

    @Test func modelsThatTakeNoTemperature() async throws {
        let sent = Record<Bool>()
        let reply = message("ok")
        let refusal = failure(400, "invalid_request_error", "`temperature` is deprecated for this model.")
        try await withServer { request in
            let hasTemperature = (try? JSON(parsing: request.body))?["temperature"] != nil
            sent.append(hasTemperature)
            return hasTemperature ? refusal : reply
        } _: { server in
            var request = hello
            request.temperature = 0.7
            let tolerant = try model(server)
            #expect(
                try await tolerant.complete(request).usage == Usage(calls: 1, attempts: 2, promptTokens: 11, completionTokens: 3))
            #expect(try await tolerant.complete(request).usage.attempts == 1)
            #expect(sent.all == [true, false, false])
            let set = try model(server, temperature: 0)
            let error = try await #require(throws: LanguageModelError.self) { _ = try await set.complete(hello) }
            #expect(error.fault == .refused)
            #expect(error.message.contains("leave temperature out"))
        }
    }

    @Test func theStackRetries() async throws {
        let overloaded = failure(529, "overloaded_error", headers: [("retry-after-ms", "1")])
        try await withServer(script([overloaded, overloaded, message("ok")])) { server in
            let settings = try LanguageModelSettings(model: "anthropic/m", baseURL: server.url)
            let response = try await languageModel(settings, environment: [:]).complete(hello)
            #expect(response.text == "ok")
            #expect(response.usage.attempts == 3)
        }
    }
}
