import HTTP
import JSON
import Programs
import Synchronization
import TestSupport
import Testing
import Tools

/// Runs `body` with a tool whose section's `url` is completed by the address of a server.
private func withTool(
    _ section: JSON, environment: [String: String] = [:],
    _ handler: @escaping @Sendable (LoopbackServer.Request) -> LoopbackServer.Reply,
    _ body: (HTTPTool, LoopbackServer) async throws -> Void
) async throws {
    let server = LoopbackServer(handler)
    defer { server.stop() }
    var object = try #require(section.objectValue)
    var request = try #require(object["http"]?.objectValue)
    request["url"] = .string(server.url + (request["url"]?.stringValue ?? ""))
    object["http"] = .object(request)
    let spec = try ToolSpec(section: .object(object), name: "weather")
    let tool = HTTPTool(spec, try #require(spec.request), transport: HTTPTransport(), environment: environment, sleep: { _ in })
    try await body(tool, server)
}

@Suite struct HTTPToolTests {
    private func section(_ url: String, _ more: JSONObject = [:], parameters: JSON = ["city": "str"]) -> JSON {
        ["http": .object(JSONObject([("url", .string(url))]).merging(more)), "desc": "The weather.", "parameters": parameters]
    }

    @Test func argumentsAreEncodedIntoAddressAndQuery() async throws {
        let seen = Mutex<LoopbackServer.Request?>(nil)
        let parameters: JSON = ["city": "str", "days": ["type": "int", "default": 3], "unit": "Optional[str]", "dry": "bool"]
        try await withTool(section("/v1/{city}/now?x=1", parameters: parameters)) { request in
            seen.withLock { $0 = request }
            return .respond(body: "sunny")
        } _: { tool, _ async throws in
            let text = try await tool.call(["city": "Köln / a?b&c=d%", "unit": .null, "dry": true])
            #expect(text == "sunny")
            let request = try #require(seen.withLock { $0 })
            #expect(request.method == "GET")
            #expect(request.path == "/v1/K%C3%B6ln%20%2F%20a%3Fb%26c%3Dd%25/now?x=1&days=3&dry=true")
            #expect(request.body.isEmpty)
        }
    }

    @Test func postSendsTheRestAsJSON() async throws {
        let seen = Mutex<LoopbackServer.Request?>(nil)
        let parameters: JSON = ["city": "str", "filters": "dict[str, int]", "text": "str"]
        try await withTool(section("/{city}", ["method": "post"], parameters: parameters)) { request in
            seen.withLock { $0 = request }
            return .respond(body: "{\"a\": [1, 2.50, \"x\"]}")
        } _: { tool, _ async throws in
            let text = try await tool.call(["city": "Bonn", "filters": ["a": 1], "text": "\"q\""])
            #expect(text == #"{"a":[1,2.5,"x"]}"#)
            let request = try #require(seen.withLock { $0 })
            #expect(request.method == "POST")
            #expect(request.path == "/Bonn")
            #expect(request.headers["content-type"] == "application/json")
            #expect(String(decoding: request.body, as: UTF8.self) == #"{"filters":{"a":1},"text":"\"q\""}"#)
        }
    }

    @Test func theResultIsTakenOutOfTheAnswer() async throws {
        try await withTool(section("/{city}", ["result": "days.0.text"])) { _ in
            .respond(body: #"{"days": [{"text": "rain"}]}"#)
        } _: { tool, _ async throws in
            #expect(try await tool.call(["city": "a"]) == "rain")
        }
        try await withTool(section("/{city}", ["result": "days.1"])) { request in
            .respond(body: request.path == "/text" ? "no JSON" : #"{"days": [{"text": "rain"}]}"#)
        } _: { tool, _ async throws in
            let error = await #expect(throws: ToolFailure.self) { try await tool.call(["city": "a"]) }
            #expect(error?.description.contains("has no days.1") == true)
            let other = await #expect(throws: ToolFailure.self) { try await tool.call(["city": "text"]) }
            #expect(other?.description.contains("no JSON") == true)
        }
    }

    @Test func secretsComeFromTheEnvironmentAndStayThere() async throws {
        let more: JSONObject = ["headers": ["Authorization": "Bearer ${TOOL_KEY}", "X-Plain": "a"]]
        let handler: @Sendable (LoopbackServer.Request) -> LoopbackServer.Reply = { request in
            let status = request.path == "/bad" ? 404 : request.path == "/no" ? 403 : 200
            let sent = ["authorization", "x-plain"].compactMap { request.headers[$0] }.joined(separator: " ")
            return .respond(status: status, body: "you sent \(sent)")
        }
        try await withTool(section("/{city}", more), environment: ["TOOL_KEY": "s3cret-key"], handler) { tool, _ async throws in
            #expect(try await tool.call(["city": "good"]) == "you sent Bearer *** a")
            let failure = await #expect(throws: ToolFailure.self) { try await tool.call(["city": "bad"]) }
            #expect(failure?.description == "HTTP 404: you sent Bearer *** a")
            let refusal = await #expect(throws: ServiceError.self) { try await tool.call(["city": "no"]) }
            #expect(refusal?.fault == .refused)
            #expect(refusal?.message.contains("s3cret") == false)
        }
        try await withTool(section("/{city}", more), handler) { tool, server async throws in
            let refusal = await #expect(throws: ServiceError.self) { try await tool.call(["city": "good"]) }
            #expect(refusal?.fault == .refused)
            #expect(refusal?.message.contains("TOOL_KEY") == true)
            #expect(server.counts.requests == 0)
        }
    }

    @Test(arguments: [400, 404, 409, 422, 301]) func theAgentSeesWhatItsArgumentsCaused(_ status: Int) async throws {
        try await withTool(section("/{city}")) { _ in
            .respond(status: status, body: "no such city")
        } _: { tool, server async throws in
            let failure = await #expect(throws: ToolFailure.self) { try await tool.call(["city": "x"]) }
            #expect(failure?.description.contains("HTTP \(status)") == true)
            #expect(server.counts.requests == 1)
        }
    }

    @Test(arguments: [401, 402, 403]) func aRefusalIsNobodysScore(_ status: Int) async throws {
        try await withTool(section("/{city}")) { _ in
            .respond(status: status)
        } _: { tool, server async throws in
            let error = await #expect(throws: ServiceError.self) { try await tool.call(["city": "x"]) }
            #expect(error?.fault == .refused)
            #expect(error?.message.contains("weather") == true)
            #expect(server.counts.requests == 1)
        }
    }

    @Test(arguments: [429, 500, 503]) func troubleIsTriedAgain(_ status: Int) async throws {
        let count = Mutex(0)
        try await withTool(section("/{city}")) { _ in
            let number = count.withLock { count in
                count += 1
                return count
            }
            return number < 3 ? .respond(status: status) : .respond(body: "at last")
        } _: { tool, _ async throws in
            #expect(try await tool.call(["city": "x"]) == "at last")
        }
        try await withTool(section("/{city}")) { _ in
            .respond(status: status)
        } _: { tool, server async throws in
            let error = await #expect(throws: ServiceError.self) { try await tool.call(["city": "x"]) }
            #expect(error?.fault == .infrastructure)
            #expect(error?.message.contains("after 4 attempts") == true)
            #expect(server.counts.requests == 4)
        }
    }

    @Test func patienceHasAnEnd() async throws {
        try await withTool(section("/{city}")) { _ in
            .respond(status: 429, headers: [("Retry-After", "3600")])
        } _: { tool, server async throws in
            let error = await #expect(throws: ServiceError.self) { try await tool.call(["city": "x"]) }
            #expect(error?.fault == .infrastructure)
            #expect(server.counts.requests == 1)
        }
        try await withTool(section("/{city}", ["timeout": "200ms"])) { _ in
            .hang
        } _: { tool, _ async throws in
            let error = await #expect(throws: ServiceError.self) { try await tool.call(["city": "x"]) }
            #expect(error?.fault == .infrastructure)
            #expect(error?.message.contains("after 4 attempts") == true)
        }
    }

    @Test func longAnswersAreCut() async throws {
        let body = String(repeating: "ä", count: 30_000)
        try await withTool(section("/{city}")) { _ in
            .respond(body: "x" + body)
        } _: { tool, _ async throws in
            let text = try await tool.call(["city": "x"])
            #expect(text.utf8.count < 20_100)
            #expect(text.hasSuffix("ä\n[cut: the answer has 60001 bytes]"))
        }
    }

    @Test(arguments: ["..", ".", "", "a/../b"]) func argumentsKeepToTheirPlace(_ city: String) async throws {
        try await withTool(section("/api/{city}/now")) { request in
            .respond(body: request.path)
        } _: { tool, server async throws in
            if city == "a/../b" {
                #expect(try await tool.call(["city": .string(city)]) == "/api/a%2F..%2Fb/now")
            } else {
                await #expect(throws: ToolFailure.self) { try await tool.call(["city": .string(city)]) }
                #expect(server.counts.requests == 0)
            }
        }
    }
}
