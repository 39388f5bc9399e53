import HTTP
import JSON
import LanguageModels
import Programs
import TestSupport
import Testing

/// How a model comes to terms with what its endpoint understands of `response_format`.
@Suite struct ResponseFormatTests {
    private let schema = ResponseFormat.jsonSchema(name: "answer", schema: ["type": "object"])

    private func chat(_ server: LoopbackServer, _ policy: ResponseFormatPolicy = .auto) throws -> OpenAIChat {
        let settings = try LanguageModelSettings(model: "openai/m", baseURL: server.url, responseFormat: policy)
        return OpenAIChat(settings: settings, environment: [:], transport: HTTPTransport())
    }

    private func request(_ format: ResponseFormat?) -> ChatRequest {
        var request = hello
        request.responseFormat = format
        return request
    }

    /// A server that refuses some forms, and the forms that it was sent.
    private func endpoint(
        refusing refused: Set<String>, message: @escaping @Sendable (String) -> String, _ sent: Record<String>
    ) -> @Sendable (LoopbackServer.Request) -> LoopbackServer.Reply {
        { request in
            let body = try? JSON(parsing: request.body)
            let type = body?["response_format"]?["type"]?.stringValue ?? "none"
            sent.append(type)
            return refused.contains(type) ? Answer.failure(400, message: message(type)) : Answer.completion("{}")
        }
    }

    private let unsupported: @Sendable (String) -> String = {
        "Invalid parameter: 'response_format' of type '\($0)' is not supported with this model."
    }

    @Test func theNextLowerFormIsTriedAndRemembered() async throws {
        let sent = Record<String>()
        try await withServer(endpoint(refusing: ["json_schema"], message: unsupported, sent)) { server in
            let chat = try chat(server)
            #expect(chat.responseFormats == .jsonSchema)
            let first = try await chat.complete(request(schema))
            #expect(first.usage == Usage(calls: 1, attempts: 2, promptTokens: 11, completionTokens: 3))
            #expect(chat.responseFormats == .jsonObject)
            let second = try await chat.complete(request(schema))
            #expect(second.usage.attempts == 1)
            #expect(sent.all == ["json_schema", "json_object", "json_object"])
        }
    }

    @Test func anEndpointThatTakesNoFormAtAll() async throws {
        let sent = Record<String>()
        try await withServer(endpoint(refusing: ["json_schema", "json_object"], message: unsupported, sent)) { server in
            let chat = try chat(server)
            #expect(try await chat.complete(request(schema)).usage.attempts == 3)
            #expect(chat.responseFormats == .none)
            #expect(try await chat.complete(request(.jsonObject)).usage.attempts == 1)
            #expect(sent.all == ["json_schema", "json_object", "none", "none"])
        }
    }

    @Test func anEndpointThatTakesOnlySchemas() async throws {
        let sent = Record<String>()
        let says: @Sendable (String) -> String = { _ in "'response_format.type' must be 'json_schema' or 'text'" }
        try await withServer(endpoint(refusing: ["json_object"], message: says, sent)) { server in
            let chat = try chat(server)
            _ = try await chat.complete(request(.jsonObject))
            _ = try await chat.complete(request(schema))
            #expect(chat.responseFormats == .jsonSchema)
            #expect(sent.all == ["json_object", "none", "json_schema"])
        }
    }

    @Test func oneBadSchemaDoesNotSpoilTheOthers() async throws {
        let sent = Record<String>()
        try await withServer { request in
            let body = try? JSON(parsing: request.body)
            let format = body?["response_format"]
            sent.append(format?["json_schema"]?["name"]?.stringValue ?? format?["type"]?.stringValue ?? "none")
            if format?["json_schema"]?["name"] == "bad" {
                return Answer.failure(400, message: "Invalid schema for response_format 'bad': In context=()")
            }
            return Answer.completion("{}")
        } _: { server in
            let chat = try chat(server)
            let bad = ResponseFormat.jsonSchema(name: "bad", schema: ["type": "nonsense"])
            for format in [bad, bad, schema] { _ = try await chat.complete(request(format)) }
            #expect(sent.all == ["bad", "json_object", "json_object", "answer"])
        }
    }

    @Test func whatTheSettingsSayHolds() async throws {
        let sent = Record<String>()
        try await withServer(endpoint(refusing: ["json_schema"], message: unsupported, sent)) { server in
            let fixed = try chat(server, .jsonSchema)
            let error = try await #require(throws: LanguageModelError.self) { _ = try await fixed.complete(request(schema)) }
            #expect(error.fault == .refused)
            #expect(error.message.contains("auto"))
            _ = try await chat(server, .jsonObject).complete(request(schema))
            _ = try await chat(server, .none).complete(request(schema))
            #expect(sent.all == ["json_schema", "json_object", "none"])
        }
    }

    @Test func otherRefusalsAreNotTakenForIt() async throws {
        let sent = Record<String>()
        let says: @Sendable (String) -> String = { _ in "the prompt holds a bad character" }
        try await withServer(endpoint(refusing: ["json_schema"], message: says, sent)) { server in
            let chat = try chat(server)
            let error = try await #require(throws: LanguageModelError.self) { _ = try await chat.complete(request(schema)) }
            #expect(error.kind == .invalidRequest)
            #expect(error.usage == Usage(attempts: 1))
            #expect(chat.responseFormats == .jsonSchema)
        }
    }

    @Test func manyCallsAtOnceAllFallBack() async throws {
        let sent = Record<String>()
        try await withServer(endpoint(refusing: ["json_schema"], message: unsupported, sent)) { server in
            let chat = try chat(server)
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<16 { group.addTask { try await chat.complete(request(schema)).usage.attempts } }
                var attempts = 0
                for try await count in group { attempts += count }
                #expect(attempts == sent.all.count)
            }
            #expect(sent.all.filter { $0 == "json_object" }.count == 16)
        }
    }

    @Test func pythonServersReportWhereTheyObject() async throws {
        let body = #"{"detail":[{"loc":["body","response_format","type"],"msg":"unexpected value"}]}"#
        try await withServer(script([.respond(status: 422, body: body), Answer.completion("{}")])) { server in
            let response = try await chat(server).complete(request(.jsonObject))
            #expect(response.usage.attempts == 2)
        }
    }
}
