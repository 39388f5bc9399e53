import HTTP
import JSON
import LanguageModels
import Programs
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// The server over HTTP; the provider behind it is a script.
@Suite struct GatewayServerTests {
    /// Sends everything to one endpoint, and remembers for whom it was.
    private final class Directory: GatewayDirectory {
        let settings: LanguageModelSettings
        /// Who pays.
        let study: String?
        let seen = Mutex<[Attribution]>([])

        init(_ url: String, study: String?) throws {
            settings = try LanguageModelSettings(model: "m", baseURL: url)
            self.study = study
        }

        func route(for attribution: Attribution, model: String?) async throws(GatewayError) -> GatewayRoute {
            seen.withLock { $0.append(attribution) }
            return GatewayRoute(settings: settings, origin: CallOrigin(study: study, role: attribution.role), isCached: true)
        }

        func models(for attribution: Attribution) async throws(GatewayError) -> GatewayModels { .named(["m"]) }
    }

    private struct Client {
        let base: String
        let directory: Directory
        let transport = HTTPTransport()

        func send(
            _ path: String, _ body: String? = nil, _ headers: [(String, String)] = []
        ) async throws -> (status: Int, json: JSON, text: String, headers: HTTPHeaders) {
            let response = try await transport.send(
                HTTPRequest(url: base + path, method: body == nil ? .get : .post, headers: headers, body: Array((body ?? "").utf8)))
            let text = String(decoding: response.body, as: UTF8.self)
            return (response.status, (try? JSON(parsing: text)) ?? .null, text, response.headers)
        }
    }

    private func withGateway(
        ledger: CallLedger? = nil, longestHold: Duration = .seconds(30),
        _ handler: @escaping @Sendable (LoopbackServer.Request) -> LoopbackServer.Reply,
        _ body: (Client) async throws -> Void
    ) async throws {
        let provider = LoopbackServer(handler)
        defer { provider.stop() }
        let directory = try Directory(provider.url, study: ledger.map { _ in "s" })
        let server = GatewayServer(
            GatewayServer.Address(port: 0),
            stack: CallStack(cache: AnswerCache(), ledger: ledger, transport: HTTPTransport()), directory: directory,
            longestHold: longestHold)
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        try await withThrowingTaskGroup { group in
            group.addTask { try await server.run { continuation.yield($0) } }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            try await body(Client(base: "http://127.0.0.1:\(port)", directory: directory))
            group.cancelAll()
        }
    }

    private static let question = #"{"model": "m", "messages": [{"role": "user", "content": "?"}]}"#
    private static let answer = LoopbackServer.Reply.respond(
        body: #"{"choices": [{"index": 0, "message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}], "#
            + #""usage": {"prompt_tokens": 3, "completion_tokens": 1}}"#)

    /// A call that may take more than the budget has is refused at once, in OpenAI's words; those behind it go on.
    @Test(.timeLimit(.minutes(1))) func aCallBeyondTheBudgetIsRefused() async throws {
        let ledger = CallLedger()
        // A budget that has room for answers of 1,000 tokens.
        let granting = Task {
            while !Task.isCancelled {
                await ledger.wait(atMost: .milliseconds(20))
                ledger.apply(
                    ledger.words().map { word in
                        let isTooLarge = word.figures.least.completionTokens > 1000
                        return SpendingGrant(
                            origin: word.origin, amount: isTooLarge ? .zero : word.figures.least,
                            refusal: isTooLarge ? "budget.usd" : nil)
                    })
            }
        }
        defer { granting.cancel() }
        func question(_ number: Int, _ limit: Int, isStreamed: Bool = false) -> String {
            #"{"messages": [{"role": "user", "content": "\#(number)"}], "max_tokens": \#(limit), "stream": \#(isStreamed)}"#
        }
        try await withGateway(ledger: ledger) { _ in Self.answer } _: { client in
            try await withThrowingTaskGroup { group in
                for number in 0..<12 {
                    group.addTask {
                        let isHuge = number % 3 == 0
                        let said = try await client.send(
                            "/v1/chat/completions", question(number, isHuge ? 100_000 : 100, isStreamed: number == 0))
                        #expect(said.status == (isHuge ? 429 : 200), "\(said)")
                        guard isHuge else { return }
                        let error = said.json["error"]
                        #expect(error?["type"] == "insufficient_quota" && error?["code"] == "budget_exhausted")
                        #expect(error?["message"]?.stringValue?.contains("budget.usd leaves no room for a call of up to") == true)
                        #expect(said.headers["x-should-retry"] == "false")
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// A caller may hang up at any moment: that ends its call and nothing else.
    @Test(.timeLimit(.minutes(1))) func callersMayHangUp() async throws {
        let slow = Mutex(0)
        try await withGateway({ request in
            guard String(decoding: request.body, as: UTF8.self).contains("slow") else { return Self.answer }
            slow.withLock { $0 += 1 }
            return .hang
        }) { client in
            func request(_ more: String, _ headers: String = "") -> String {
                let body = #"{"model": "m", "messages": [{"role": "user", "content": "slow"}]"# + more + "}"
                return "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: \(body.utf8.count)\r\n"
                    + headers + "\r\n" + body
            }
            let whole = [request(""), request(#", "stream": true"#), request("", "Cache-Control: no-cache\r\n")]
            let parts = ["", String(whole[0].prefix(20)), String(whole[0].dropLast(30)), String(whole[1].dropLast())]
            for text in parts + whole {
                let begun = slow.withLock { $0 }
                let connection = try RawConnection(port: try #require(client.base.split(separator: ":").last.flatMap { Int($0) }))
                connection.send(text)
                if whole.contains(text) {
                    while slow.withLock({ $0 }) == begun { try await Task.sleep(for: .milliseconds(2)) }
                } else {
                    try await Task.sleep(for: .milliseconds(50))
                }
                connection.close()
            }
            // What they had asked for is given up.
            while try await client.send("/usage").json.arrayValue?.first?["failed"] != 3 { try await Task.sleep(for: .milliseconds(10)) }
            #expect(try await client.send("/v1/chat/completions", Self.question).status == 200)
        }
    }

    /// A program of somebody else's is told that the endpoint is away; a study's calls would wait.
    @Test(.timeLimit(.minutes(1))) func anEndpointThatIsAwayIsNotWaitedForForEver() async throws {
        try await withGateway(longestHold: .milliseconds(1500), { _ in .close }) { client in
            let answers = try await withThrowingTaskGroup(of: (status: Int, message: String).self) { group in
                for number in 0..<12 {
                    group.addTask {
                        let answer = try await client.send(
                            "/v1/chat/completions", Self.question.replacing("?", with: "\(number)"))
                        return (answer.status, answer.json["error"]?["message"]?.stringValue ?? "")
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 502 }, "\(answers)")
            // Alone, and so the probe each time: it fails, and is not held for another wait.
            let alone = try await client.send("/v1/chat/completions", Self.question)
            #expect(alone.status == 502 && alone.text.contains("the endpoint is away, and the call has waited"), "\(alone)")
        }
    }

    @Test func callsAreAnsweredAndCounted() async throws {
        try await withGateway { _ in Self.answer } _: { client in
            let path = "/study/s/trial/4/role/judge/v1/chat/completions"
            let first = try await client.send(path, Self.question)
            #expect(first.status == 200 && first.json["choices"]?[0]?["message"]?["content"] == "yes")
            #expect(first.headers["x-nightshift-cache"] == "miss")
            let second = try await client.send(path, Self.question)
            #expect(second.json == first.json && second.headers["x-nightshift-cache"] == "hit")
            #expect(client.directory.seen.withLock { $0 } == [Attribution](repeating: .init(study: "s", trial: 4, role: .judge), count: 2))
            let usage = try await client.send("/usage").json[0]
            #expect(usage?["study"] == "s" && usage?["trial"] == 4 && usage?["role"] == "judge")
            #expect(usage?["requests"] == 2 && usage?["calls"] == 1 && usage?["cached"] == 1 && usage?["prompt_tokens"] == 3)
            #expect(try await client.send("/v1/models").json["data"]?[0]?["id"] == "m")
            let fresh = try await client.send(path, Self.question, [("Cache-Control", "no-cache")])
            #expect(fresh.headers["x-nightshift-cache"] == "miss")
        }
    }

    @Test func aStreamEndsAsOpenAIsDo() async throws {
        try await withGateway { _ in Self.answer } _: { client in
            _ = try await client.send("/v1/chat/completions", Self.question)
            let body = Self.question.replacing("{\"model", with: "{\"stream\": true, \"model")
            let reply = try await client.send("/v1/chat/completions", body)
            #expect(reply.status == 200 && reply.headers["content-type"]?.hasPrefix("text/event-stream") == true)
            #expect(reply.text.hasPrefix("data: {") && reply.text.hasSuffix("data: [DONE]\n\n"))
        }
    }

    /// An error has OpenAI's form, the provider's status, and also where a stream was asked for, no stream.
    @Test(arguments: [(401, 401, "invalid_api_key"), (404, 404, "model_not_found"), (400, 400, nil)])
    func errorsHaveOpenAIsForm(_ status: Int, _ expected: Int, _ code: String?) async throws {
        try await withGateway { _ in .respond(status: status, body: #"{"error": {"message": "no such luck"}}"#) } _: { client in
            for stream in ["false", "true"] {
                let body = Self.question.replacing("{\"model", with: "{\"stream\": \(stream), \"model")
                let reply = try await client.send("/v1/chat/completions", body)
                #expect(reply.status == expected && reply.headers["x-should-retry"] == "false")
                let error = reply.json["error"]
                #expect(error?["message"]?.stringValue?.contains("no such luck") == true)
                #expect(error?["code"] == code.map(JSON.string) ?? .null && error?["type"] != nil && error?["param"] == .null)
            }
        }
    }

    @Test func badInputIsRefused() async throws {
        try await withGateway { _ in Self.answer } _: { client in
            let bad: [(path: String, body: String?, headers: [(String, String)], status: Int, word: String)] = [
                ("/v1/chat/completions", "{", [], 400, "not JSON"),
                ("/v1/chat/completions", "{}", [], 400, "messages"),
                ("/v1/embeddings", "{}", [], 400, "input"),
                ("/v1/completions", "{}", [], 404, "/v1/chat/completions"),
                ("/v1/chat/completions", nil, [], 404, "POST /v1/chat/completions"),
                ("/role/boss/v1/models", nil, [], 400, "task, prompt"),
                ("/v1/models", nil, [("Origin", "https://evil.example")], 403, "web pages"),
                ("/v1/models", nil, [("Host", "evil.example")], 403, "this machine"),
                ("/v1/chat/completions", Self.question, [("X-Nightshift-Rollout", "x")], 400, "rollout"),
            ]
            for (path, body, headers, status, word) in bad {
                let reply = try await client.send(path, body, headers)
                #expect(reply.status == status, "\(path): \(reply.text)")
                #expect(reply.json["error"]?["message"]?.stringValue?.contains(word) == true, "\(path): \(reply.text)")
            }
        }
    }
}
