import Glibc
import JSON
import Testing

@testable import SimulatedLM

/// Over real loopback HTTP: each test starts its own server on a free port.
@Suite struct ServerTests {
    private func configured(_ change: (inout SimulatedLMServer.Configuration) -> Void) -> SimulatedLMServer.Configuration {
        var configuration = SimulatedLMServer.Configuration()
        change(&configuration)
        return configuration
    }

    private func withServer(
        _ configuration: SimulatedLMServer.Configuration = .init(), _ body: (LoopbackClient) async throws -> Void
    ) async throws {
        var configuration = configuration
        configuration.port = 0
        let server = SimulatedLMServer(configuration: configuration)
        let (ports, ready) = AsyncStream.makeStream(of: Int.self)
        let running = Task {
            defer { ready.finish() }
            try await server.run { ready.yield($0) }
        }
        defer { running.cancel() }
        var port: Int?
        for await first in ports {
            port = first
            break
        }
        try await body(LoopbackClient(port: try #require(port)))
    }

    private func chat(_ ticket: String = "My parcel is late", extra: JSONObject = [:]) -> JSON {
        let messages = [Prompts.chatSystem(), Prompts.user(ticket)].map { message -> JSON in
            ["role": .string(message.role.rawValue), "content": .string(message.content)]
        }
        let body: JSONObject = ["model": "sim", "messages": .array(messages), "temperature": 0]
        return .object(body.merging(extra))
    }

    private func text(_ reply: LoopbackClient.Reply, choice: Int = 0) -> String {
        reply.json?["choices"]?[choice]?["message"]?["content"]?.stringValue ?? ""
    }

    @Test func chatAnswersAndStatisticsCount() async throws {
        try await withServer { client in
            let reply = await client.post("/v1/chat/completions", chat(extra: ["n": 2, "temperature": 1]))
            #expect(reply.status == 200)
            #expect(Prompts.labels.contains(Prompts.value("team", in: text(reply)) ?? ""))
            #expect(reply.json?["choices"]?.arrayValue?.count == 2)
            let usage = try #require(reply.json?["usage"])
            let stats = try #require(await client.get("/stats").json)
            #expect(
                stats.objectValue?.keys == [
                    "calls", "inflight", "peak", "prompt_tokens", "completion_tokens", "rejected", "faults", "first", "last",
                ])
            #expect(stats["calls"] == 1)
            #expect(stats["prompt_tokens"] == usage["prompt_tokens"])
            #expect(stats["completion_tokens"] == usage["completion_tokens"])
            #expect(stats["first"] == stats["last"] && stats["first"]?.doubleValue != nil)
            #expect(await client.post("/reset", [:]).status == 200)
            #expect(await client.get("/stats").json?["calls"] == 0)
        }
    }

    @Test func anthropicsFormIsAnswered() async throws {
        try await withServer { client in
            let body: JSON = [
                "model": "sim", "max_tokens": 500, "system": .string(Prompts.chatSystem().content),
                "messages": [
                    ["role": "user", "content": [["type": "text", "text": .string(Prompts.user("My parcel is late").content)]]]
                ],
            ]
            let reply = await client.post("/v1/messages", body)
            #expect(reply.status == 200)
            #expect(reply.json?["stop_reason"] == "end_turn")
            let sameAsChat = text(await client.post("/v1/chat/completions", chat(extra: ["temperature": 1])))
            #expect(reply.json?["content"]?[0]?["text"]?.stringValue == sameAsChat)
        }
    }

    @Test func limitsOnTheAnswerAreKept() async throws {
        try await withServer { client in
            let cut = await client.post("/v1/chat/completions", chat(extra: ["max_tokens": 3]))
            #expect(text(cut).utf8.count == 12)
            #expect(cut.json?["choices"]?[0]?["finish_reason"] == "length")
            let stopped = await client.post("/v1/chat/completions", chat(extra: ["stop": ["[[ ## team"]]))
            #expect(text(stopped).hasPrefix("[[ ## reasoning") && !text(stopped).contains("team ## ]]"))
        }
    }

    private func formatted(_ format: JSON, strict: Bool = true) -> JSON {
        let messages = [Prompts.jsonSystem(), Prompts.user("My parcel is late", reminder: "Respond with a JSON object …")].map {
            message -> JSON in ["role": .string(message.role.rawValue), "content": .string(message.content)]
        }
        return ["model": "sim", "messages": .array(messages), "temperature": 0, "response_format": format]
    }

    private static let closed: JSON = [
        "type": "object",
        "properties": ["team": ["type": "string"], "reasoning": ["type": "string"], "sure": ["type": "boolean"]],
        "required": ["team", "reasoning", "sure"], "additionalProperties": false,
    ]

    private func schema(_ schema: JSON) -> JSON {
        ["type": "json_schema", "json_schema": ["name": "DSPyProgramOutputs", "strict": true, "schema": schema]]
    }

    @Test func aResponseFormatIsKept() async throws {
        try await withServer { client in
            let whole = await client.post("/v1/chat/completions", formatted(schema(Self.closed)))
            let object = try JSON(parsing: text(whole))
            #expect(object.objectValue?.keys == ["team", "reasoning", "sure"])
            #expect(Prompts.labels.contains(object["team"]?.stringValue ?? "") && object["sure"]?.boolValue != nil)
            let free = await client.post("/v1/chat/completions", formatted(["type": "json_object"]))
            #expect(try JSON(parsing: text(free)).objectValue?.keys == ["reasoning", "team"])
            // A chat prompt that must give an object gives one, too.
            let chat = await client.post("/v1/chat/completions", chat(extra: ["response_format": schema(Self.closed)]))
            #expect(try JSON(parsing: text(chat)).objectValue?.keys == ["team", "reasoning", "sure"])
            let open: JSON = ["type": "object", "properties": ["team": ["type": "string"]], "required": ["team"]]
            let refused = await client.post("/v1/chat/completions", formatted(schema(open)))
            #expect(
                refused.status == 400 && refused.json?["error"]?["message"]?.stringValue?.contains("additionalProperties") == true
            )
        }
    }

    @Test(arguments: [("none", 400, 400), ("object", 400, 200), ("schema", 200, 200)])
    func endpointsMayUnderstandLess(support: String, schemaStatus: Int, objectStatus: Int) async throws {
        try await withServer { client in
            #expect(await client.post("/config", ["response_format": .string(support)]).status == 200)
            let replies = [
                await client.post("/v1/chat/completions", formatted(schema(Self.closed))),
                await client.post("/v1/chat/completions", formatted(["type": "json_object"])),
            ]
            #expect(replies.map(\.status) == [schemaStatus, objectStatus])
            for reply in replies where reply.status == 400 {
                #expect(reply.json?["error"]?["param"] == "response_format")
                #expect(reply.json?["error"]?["message"]?.stringValue?.contains("response_format") == true)
            }
            #expect(await client.post("/v1/chat/completions", formatted(["type": "text"])).status == 200)
        }
    }

    @Test func aLoneSurrogateIsWrittenAsAnEscapeAndAMegabyteInFull() async throws {
        try await withServer(configured { $0.simulation.malformedRate = 1 }) { client in
            var (surrogates, longest) = (0, 0)
            for number in 0..<60 where surrogates == 0 || longest < 1_000_000 {
                let reply = await client.post("/v1/chat/completions", chat("Parcel \(number)", extra: ["max_tokens": 1000]))
                #expect(reply.status == 200)
                if reply.text.contains(#"\ud83d"#) { surrogates += 1 }
                longest = max(longest, reply.text.utf8.count)
            }
            #expect(surrogates > 0 && longest > 1_000_000)
        }
    }

    @Test func embeddingsAndModelsAreListed() async throws {
        try await withServer { client in
            let reply = await client.post("/v1/embeddings", ["model": "e", "input": ["a parcel", "a bill"], "dimensions": 32])
            #expect(reply.json?["data"]?.arrayValue?.map { $0["embedding"]?.arrayValue?.count } == [32, 32])
            #expect(await client.get("/v1/models").json?["data"]?[0]?["id"] == "sim")
        }
    }

    @Test(arguments: [
        ("/v1/chat/completions", "{", 400), ("/v1/chat/completions", "[]", 400),
        ("/v1/chat/completions", #"{"model": "m"}"#, 400),
        ("/v1/embeddings", #"{"model": "m", "input": 3}"#, 400), ("/config", #"{"rps": "many"}"#, 400), ("/nowhere", "{}", 404),
    ])
    func badRequestsAreRefusedInOpenAIsForm(path: String, body: String, status: Int) async throws {
        try await withServer { client in
            let reply = await client.send("POST", path, body)
            #expect(reply.status == status)
            #expect(reply.json?["error"]?["message"]?.stringValue?.isEmpty == false)
            #expect(reply.json?["error"]?["type"] == "invalid_request_error")
            #expect(await client.get("/stats").json?["calls"] == 0)
        }
    }

    @Test func aboveTheRateIs429WithRetryAfter() async throws {
        let configuration = configured {
            $0.simulation.requestsPerSecond = 1
            $0.simulation.retryAfter = 7
        }
        try await withServer(configuration) { client in
            var rejected: [LoopbackClient.Reply] = []
            for _ in 0..<6 {
                let reply = await client.post("/v1/chat/completions", chat())
                if reply.status == 429 { rejected.append(reply) } else { #expect(reply.status == 200) }
            }
            #expect(rejected.count >= 3)
            #expect(rejected.first?.headers["retry-after"] == "7")
            #expect(await client.get("/stats").json?["rejected"] == .int(rejected.count))
        }
    }

    @Test func configurationChangesWhileRunning() async throws {
        try await withServer { client in
            let whole = text(await client.post("/v1/chat/completions", chat()))
            #expect(await client.post("/config", ["fault_rate": 1]).status == 200)
            #expect(await client.post("/v1/chat/completions", chat()).status == 500)
            #expect(await client.get("/stats").json?["faults"] == 1)
            _ = await client.post("/config", ["fault_rate": 0, "malformed_rate": 1])
            #expect(text(await client.post("/v1/chat/completions", chat())) != whole)
            _ = await client.post("/config", ["malformed_rate": 0, "fault_text": "a card"])
            #expect(await client.post("/v1/chat/completions", chat()).status == 200)
            _ = await client.post("/config", ["fault_text": "parcel is late"])
            for _ in 1...2 { #expect(await client.post("/v1/chat/completions", chat()).status == 500) }
            _ = await client.post("/config", ["fault_text": .null, "unauthorized": true])
            #expect(await client.post("/v1/chat/completions", chat()).status == 401)
            _ = await client.post("/config", ["unauthorized": false, "models": ["other"]])
            let unknown = await client.post("/v1/chat/completions", chat())
            #expect(unknown.status == 404)
            #expect(unknown.json?["error"]?["code"] == "model_not_found")
            #expect(await client.get("/stats").json?["calls"] == 3)
        }
    }

    @Test func callsUnderWayAreCountedAndAHangNeverAnswers() async throws {
        try await withServer(configured { $0.simulation.hangRate = 1 }) { client in
            let reply = await client.send("POST", "/v1/chat/completions", chat().serialized(), timeout: 1)
            #expect(reply.status == 0)
            _ = await client.post("/config", ["hang_rate": 0, "latency_ms": 300])
            async let slow = client.post("/v1/chat/completions", chat())
            async let other = client.post("/v1/chat/completions", chat())
            let replies = await [slow, other]
            #expect(replies.map(\.status) == [200, 200])
            let stats = try #require(await client.get("/stats").json)
            #expect(stats["peak"]?.intValue ?? 0 >= 2)
            // The one that hung was given up when its caller closed the connection.
            #expect(stats["inflight"] == 0)
        }
    }

    @Test func requestsAreLogged() async throws {
        let path = "/tmp/simlm-log-\(getpid())-\(UInt64.random(in: 0 ... .max)).jsonl"
        defer { unlink(path) }
        try await withServer(configured { $0.logPath = path }) { client in
            _ = await client.post("/v1/chat/completions", chat("Log me"))
        }
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, file)
        let lines = String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 1)
        let entry = try JSON(parsing: String(try #require(lines.first)))
        #expect(entry["status"] == 200)
        #expect(entry["body"]?["messages"]?[1]?["content"]?.stringValue?.contains("Log me") == true)
    }

    @Test func aTakenPortIsSaid() async throws {
        try await withServer { client in
            var configuration = SimulatedLMServer.Configuration()
            configuration.port = client.port
            let server = SimulatedLMServer(configuration: configuration)
            let error = await #expect(throws: Diagnostic.self) { try await server.run { _ in } }
            #expect(error?.message.contains("cannot listen on") == true)
        }
    }
}
