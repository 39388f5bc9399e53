import Dispatch
import HTTP
import JSON
import Programs
import Synchronization
import TestSupport
import Testing

@testable import LanguageModels

/// Calls of programs that are not ours, over the stack.
@Suite struct ForwardingTests {
    private static let question: JSON = ["model": "x", "messages": [["role": "user", "content": "?"]], "tools": [["type": "t"]]]
    private static let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

    private func streamed(_ body: JSON = question, usage: Bool = false) throws -> ForwardedCall {
        var body = try #require(body.objectValue)
        body["stream"] = true
        if usage { body["stream_options"] = ["include_usage": true] }
        return try ForwardedCall(.chat, .object(body))
    }

    private func event(_ text: String?, finish: String? = nil, usage: JSON? = nil) -> String {
        let delta: JSON = text.map { ["content": .string($0)] } ?? [:]
        let choice: JSON = ["index": 0, "delta": delta, "finish_reason": finish.map(JSON.string) ?? .null]
        var part: JSONObject = ["id": "c", "choices": usage == nil ? [choice] : []]
        part["usage"] = usage
        return "data: \(JSON.object(part).serialized())\n\n"
    }

    private func settings(_ server: LoopbackServer, _ model: String = "m") throws -> LanguageModelSettings {
        var settings = try LanguageModelSettings(model: model, baseURL: server.url)
        settings.maxAttempts = 2
        return settings
    }

    @Test func theBodyGoesAsItIsAndTheAnswerComesFromTheCache() async throws {
        let seen = Record<JSON>()
        try await withServer { request in
            seen.append((try? JSON(parsing: request.body)) ?? .null)
            return Answer.completion("yes")
        } _: { server in
            let stack = CallStack(cache: AnswerCache(), transport: HTTPTransport())
            let call = try ForwardedCall(.chat, Self.question)
            let first = try await stack.forward(call, to: try settings(server), for: CallOrigin(role: .task))
            #expect(first.answer["choices"]?[0]?["message"]?["content"] == "yes")
            #expect(first.usage == Usage(calls: 1, attempts: 1, promptTokens: 11, completionTokens: 3))
            let again = try await stack.forward(call, to: try settings(server), for: CallOrigin(role: .judge))
            #expect(again.answer == first.answer && again.usage == Usage(cached: 1))
            // The same question, to be answered in parts.
            let parts = Record<String>()
            _ = try await stack.forward(
                try streamed(usage: true), to: try settings(server), for: CallOrigin(role: .task), handOn: parts.append)
            let read = try parts.all.map { try JSON(parsing: $0) }
            #expect(read.first?["choices"]?[0]?["delta"]?["content"] == "yes")
            #expect(read.last?["usage"]?["total_tokens"] == 14)
            // Off for this call.
            _ = try await stack.forward(call, to: try settings(server), for: CallOrigin(role: .task), isCached: false)
            var another = call
            another.draw(7)
            _ = try await stack.forward(another, to: try settings(server), for: CallOrigin(role: .task))
        }
        #expect(seen.all.count == 3)
        #expect(seen.all.first?["model"] == "m" && seen.all.first?["tools"] == Self.question["tools"])
        #expect(seen.all.last?["seed"] == 7)
    }

    /// The server sends the second part only when the first has been handed on.
    @Test func partsAreHandedOnAsTheyCome() async throws {
        let arrived = DispatchSemaphore(value: 0)
        let hasWaited = Mutex(true)
        let texts = [
            Self.head + event("Hel"), event("lo"),
            event(nil, finish: "stop") + event(nil, usage: ["prompt_tokens": 5, "completion_tokens": 2]) + "data: [DONE]\n\n",
        ]
        try await withServer { _ in
            .parts(texts) {
                let isInTime = arrived.wait(timeout: .now() + 30) == .success
                hasWaited.withLock { $0 = $0 && isInTime }
            }
        } _: { server in
            let stack = CallStack(cache: AnswerCache(), transport: HTTPTransport())
            let parts = Record<String>()
            let (answer, usage) = try await stack.forward(
                try streamed(), to: try settings(server), for: CallOrigin(role: .task)
            ) { part in
                parts.append(part)
                arrived.signal()
            }
            #expect(answer["choices"]?[0]?["message"]?["content"] == "Hello")
            #expect(usage == Usage(calls: 1, attempts: 1, promptTokens: 5, completionTokens: 2))
            // Nobody asked what it took.
            #expect(parts.all.count == 3)
            let whole = try await stack.forward(
                try ForwardedCall(.chat, Self.question), to: try settings(server), for: CallOrigin(role: .task))
            #expect(whole.answer == answer && whole.usage.cached == 1)
        }
        #expect(hasWaited.withLock { $0 }, "a part waited for the next")
    }

    /// Before the first part a failed call is made again; after it the caller hears of it. Neither is remembered.
    @Test func aBrokenStreamIsAnError() async throws {
        let whole = Self.head + event("a") + event(nil, finish: "stop")
        let replies = script([Answer.failure(500), .raw(Self.head + event("a")), .raw(whole)])
        try await withServer(replies) { server in
            let stack = CallStack(cache: AnswerCache(), transport: HTTPTransport())
            let parts = Record<String>()
            await #expect(throws: LanguageModelError.self) {
                try await stack.forward(
                    try streamed(), to: try settings(server), for: CallOrigin(role: .task), handOn: parts.append)
            }
            #expect(parts.all.count == 1)
            let (answer, _) = try await stack.forward(
                try streamed(), to: try settings(server), for: CallOrigin(role: .task), handOn: parts.append)
            #expect(answer["choices"]?[0]?["message"]?["content"] == "a")
            #expect(server.counts.requests == 3)
        }
    }

    @Test func anErrorWithinTheStreamIsAnError() async throws {
        let reply = LoopbackServer.Reply.raw(Self.head + #"data: {"error": {"message": "overloaded", "code": 529}}"# + "\n\n")
        await withServer { _ in reply } _: { server in
            let stack = CallStack(transport: HTTPTransport())
            let error = await #expect(throws: LanguageModelError.self) {
                try await stack.forward(try streamed(), to: try settings(server), for: CallOrigin(role: .task)) { _ in }
            }
            #expect(error?.kind == .server && error?.message.contains("overloaded") == true)
            #expect(server.counts.requests == 2)
        }
    }

    /// What was asked for in parts may be answered by something else: a proxy's page, or an error with status 200.
    @Test(arguments: [
        (#"{"error": {"message": "it is being loaded", "code": 529}}"#, LanguageModelError.Kind.server, "it is being loaded"),
        (#"{"error": "no credit left", "code": "insufficient_quota"}"#, .billing, "no credit left"),
        ("<html><body>Bad gateway</body></html>", .malformedResponse, "no event of a stream: <html><body>Bad gateway"),
        ("", .malformedResponse, "no event of a stream"),
    ])
    func whatIsNoStreamKeepsItsWords(_ body: String, _ kind: LanguageModelError.Kind, _ words: String) async throws {
        try await withServer { _ in .respond(headers: [("Content-Type", "text/html")], body: body) } _: { server in
            let stack = CallStack(transport: HTTPTransport())
            var settings = try settings(server)
            settings.maxAttempts = 1
            let error = await #expect(throws: LanguageModelError.self) {
                try await stack.forward(try streamed(), to: settings, for: CallOrigin(role: .task)) { _ in }
            }
            #expect(error?.kind == kind && error?.message.contains(words) == true, "\(String(describing: error))")
            #expect(error?.message.hasPrefix("m at http://") == true)
        }
    }

    @Test func anotherLanguageIsTranslated() async throws {
        let seen = Record<JSON>()
        let reply: JSON = [
            "content": [["type": "text", "text": "hi"]], "stop_reason": "end_turn",
            "usage": ["input_tokens": 4, "output_tokens": 1],
        ]
        try await withServer { request in
            seen.append((try? JSON(parsing: request.body)) ?? .null)
            return .respond(body: reply.serialized())
        } _: { server in
            let stack = CallStack(transport: HTTPTransport())
            let body: JSON = [
                "messages": [
                    ["role": "system", "content": "be brief"],
                    ["role": "user", "content": [["type": "text", "text": "hello"]]],
                ], "max_tokens": 50, "stop": "END",
            ]
            let parts = Record<String>()
            let settings = try settings(server, "anthropic/claude")
            let (answer, usage) = try await stack.forward(
                try streamed(body), to: settings, for: CallOrigin(role: .task), handOn: parts.append)
            #expect(answer["choices"]?[0]?["message"]?["content"] == "hi" && answer["usage"]?["total_tokens"] == 5)
            #expect(usage.promptTokens == 4 && parts.all.count == 2)
            let refused = try ForwardedCall(.chat, Self.question)
            let error = await #expect(throws: LanguageModelError.self) {
                try await stack.forward(refused, to: settings, for: CallOrigin(role: .task))
            }
            #expect(error?.kind == .invalidRequest && error?.message.contains("'tools'") == true)
        }
        #expect(seen.all.count == 1 && seen.all.first?["system"] == "be brief" && seen.all.first?["max_tokens"] == 50)
    }

    @Test func whatIsNoAnswerIsNotKept() async throws {
        let asked = Record<Int>()
        try await withServer { _ in
            asked.append(1)
            let bodies = [#"{"choices": []}"#, "{}", #"{"choices": [{"finish_reason": "error"}]}"#]
            return asked.all.count <= bodies.count
                ? .respond(headers: [("Content-Type", "application/json")], body: bodies[asked.all.count - 1]) : Answer.completion("yes")
        } _: { server in
            let stack = CallStack(cache: AnswerCache(), transport: HTTPTransport())
            var settings = try settings(server)
            settings.maxAttempts = 1
            let call = try ForwardedCall(.chat, Self.question)
            for _ in 0..<3 {
                let error = await #expect(throws: LanguageModelError.self) {
                    try await stack.forward(call, to: settings, for: CallOrigin(role: .task))
                }
                #expect(error?.kind == .malformedResponse)
            }
            let answer = try await stack.forward(call, to: settings, for: CallOrigin(role: .task)).answer
            #expect(answer["choices"]?[0]?["message"]?["content"] == "yes")
        }
    }

    @Test func trialsOfAStudyHaveOneAccount() {
        let stack = CallStack(ledger: CallLedger())
        let accounts = [nil, 1, 2].map { stack.account(of: CallOrigin(study: "s", role: .task, trial: $0)) }
        #expect(accounts.allSatisfy { $0?.origin == CallOrigin(study: "s", role: .task) })
        let none = stack.account(of: CallOrigin(role: .task, trial: 1))
        #expect(none?.origin == nil)
    }

    @Test(arguments: [
        ("[]", nil), (#"{"model": 3, "messages": [{}]}"#, "model"), (#"{"messages": []}"#, "messages"),
        (#"{"messages": ["a"]}"#, "messages"), (#"{"messages": [{}], "stream": "yes"}"#, "stream"),
        (#"{"messages": [{}], "max_tokens": 4000000000000000000, "n": 4}"#, "max_tokens"),
        (#"{"messages": [{}], "max_completion_tokens": -5}"#, "max_completion_tokens"),
        (#"{"messages": [{}], "n": 1000}"#, "n"),
    ])
    func badBodiesAreRefused(_ text: String, _ parameter: String?) throws {
        let json = try JSON(parsing: text)
        do throws(ForwardedCall.Problem) {
            _ = try ForwardedCall(.chat, json)
            Issue.record("taken: \(text)")
        } catch {
            #expect(error.parameter == parameter)
        }
    }
}
