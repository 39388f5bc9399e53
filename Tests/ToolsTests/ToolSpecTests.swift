import HTTP
import JSON
import Programs
import Testing
import Tools

@Suite struct ToolSpecTests {
    private func findings(_ text: String, name: String = "search") throws -> [String] {
        let section = try JSON(parsing: text)
        let error = #expect(throws: Diagnostics.self) { _ = try ToolSpec(section: section, name: name) }
        return error?.all.map(\.description) ?? []
    }

    @Test func readsARequest() throws {
        let section = try JSON(
            parsing: """
                {"http": {"url": "https://host/{city}", "method": "POST", "headers": {"Authorization": "Bearer ${KEY}"}, "timeout": "2.5s",
                "result": "a.0"}, "desc": "The weather.", "parameters": {"city": {"type": "str", "desc": "where"},
                "days": {"type": "int", "default": 2}, "unit": "Literal['C', 'F']"}}
                """)
        let spec = try ToolSpec(section: section, name: "weather")
        #expect(spec.name == "weather")
        #expect(spec.description == "The weather.")
        #expect(spec.parameters.map(\.name) == ["city", "days", "unit"])
        #expect(spec.parameters.map(\.type) == [.string, .int, .literal(["C", "F"])])
        #expect(spec.parameters[0].description == "where")
        #expect(spec.parameters[1].defaultValue == 2)
        let http = try #require(spec.request)
        #expect(http.method == .post)
        #expect(http.timeout == .milliseconds(2500))
        #expect(http.result == ["a", "0"])
        #expect(http.headers.map(\.name) == ["Authorization"])
        #expect(http.url.names == ["city"])
        let copy = try ToolSpec(json: try JSON(parsing: spec.json.serialized()))
        #expect(copy == spec)
    }

    @Test func shortForms() throws {
        let spec = try ToolSpec(section: ["http": "https://host/x", "desc": "Something."], name: "x")
        let http = try #require(spec.request)
        #expect(http.method == .get)
        #expect(http.timeout == .seconds(10))
        let search = try ToolSpec(section: ["retriever": "wiki"], name: "search")
        #expect(search.source == .retriever("wiki", k: 3))
        #expect(search.parameters.map(\.name) == ["query"])
        #expect(try ToolSpec(json: search.json) == search)
    }

    @Test(arguments: [
        (#"{"http": {"url": "https://h/", "metod": "get"}, "desc": "d"}"#, "http.metod: unknown key 'metod'"),
        (#"{"http": {"url": "https://h/", "metod": "get"}, "desc": "d"}"#, "did you mean 'method'?"),
        (#"{"http": {"url": "https://h/{citty}"}, "desc": "d", "parameters": {"city": "str"}}"#, "did you mean {city}?"),
        (#"{"http": {"url": "https://{host}/"}, "desc": "d", "parameters": {"host": "str"}}"#, "argument in its host"),
        (#"{"http": {"url": "https://h/?key=${KEY}"}, "desc": "d"}"#, "headers"),
        (#"{"http": {"url": "ftp://h/"}, "desc": "d"}"#, "http:// or https://"),
        (#"{"http": {"url": "https://me:pw@h/"}, "desc": "d"}"#, "Authorization"),
        (#"{"http": {"url": "https://h/{a"}, "desc": "d"}"#, "without }"),
        (#"{"http": {"url": "https://h/a/../b"}, "desc": "d"}"#, "write it out"),
        (#"{"http": {"url": "https://h/", "headers": {"A": "${B"}}, "desc": "d"}"#, "http.headers.A: has a ${ without }"),
        (#"{"http": {"url": "https://h/", "headers": {"A": "x\ny"}}, "desc": "d"}"#, "one line"),
        (#"{"http": {"url": "https://h/", "headers": {"A b": "x"}}, "desc": "d"}"#, "no header name"),
        (#"{"http": {"url": "https://h/", "timeout": 10}, "desc": "d"}"#, "http.timeout: 'timeout' is a time such as 10s"),
        (#"{"http": {"url": "https://h/", "method": "put"}, "desc": "d"}"#, "get or post"),
        (#"{"http": {}, "desc": "d"}"#, "needs 'url'"),
        (#"{"http": {"url": "https://h/"}}"#, "needs 'desc'"),
        (#"{"http": {"url": "https://h/"}, "desc": "d", "parameters": {"a": {"type": "strr"}}}"#, "parameters.a.type"),
        (#"{"http": {"url": "https://h/"}, "desc": "d", "parameters": {"a b": "str"}}"#, "letters, digits and underscores"),
        (#"{"http": "https://h/", "retriever": "wiki", "desc": "d"}"#, "not both"),
        (#"{"retriever": "wiki", "kk": 3}"#, "did you mean 'k'?"),
        (#"{"retriever": "wiki", "k": 0}"#, "from 1 to 1000"),
        (#"{"desc": "d"}"#, "needs 'http'"),
        (#"[]"#, "a tool is an object with keys, not a list"),
    ]) func refuses(_ text: String, _ message: String) throws {
        let findings = try findings(text)
        #expect(findings.contains { $0.contains(message) }, "\(findings)")
    }

    @Test(arguments: ["two words", "finish", "", "1st"]) func refusesTheName(_ name: String) throws {
        #expect(try !findings(#"{"retriever": "wiki"}"#, name: name).isEmpty)
    }

    @Test func retrieverTool() async throws {
        struct Shelf: Retriever {
            func retrieve(_ query: String, k: Int) async throws(ServiceError) -> Retrieval {
                if query == "down" { throw ServiceError(.infrastructure, "away") }
                return Retrieval(passages: (0..<(query == "nothing" ? 0 : k)).map { Passage(text: "\(query) \($0)") })
            }
        }
        let spec = try ToolSpec(section: ["retriever": "wiki", "k": 2, "desc": "d"], name: "search")
        let tool = try makeTool(spec, retrievers: ["wiki": Shelf()])
        #expect(tool.description == "d")
        #expect(try await tool.call(["query": "cats"]) == "[1] «cats 0»\n[2] «cats 1»")
        #expect(try await tool.call(["query": "nothing"]) == "Nothing was found.")
        await #expect(throws: ServiceError.self) { try await tool.call(["query": " "]) }
        await #expect(throws: ServiceError(.infrastructure, "away")) { try await tool.call(["query": "down"]) }
        let error = #expect(throws: ServiceError.self) { _ = try makeTool(spec, retrievers: ["wikis": Shelf()]) }
        #expect(error?.message.contains("did you mean 'wikis'?") == true)
    }
}

extension ToolSpec {
    /// nil for a tool of another kind.
    var request: HTTPToolSpec? {
        if case .http(let request) = source { request } else { nil }
    }
}
