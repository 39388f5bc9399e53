import HTTP
import JSON
import Programs
import Synchronization
import TestSupport
import Testing

@testable import Retrieval

struct HTTPRetrieverTests {
    private func retriever(_ settings: HTTPRetrieverSettings, environment: [String: String] = [:], maxAttempts: Int = 3)
        -> HTTPRetriever
    {
        HTTPRetriever(
            settings, environment: environment,
            client: ServiceClient(transport: HTTPTransport(), maxAttempts: maxAttempts, sleep: { _ in }))
    }

    @Test func getSendsQueryAndKAsParameters() async throws {
        let server = LoopbackServer { request in
            .respond(
                body: #"{"passages": [{"text": "\#(request.path)", "id": 7, "score": 2.5}, {"text": "two"}, "three", "four"]}"#)
        }
        defer { server.stop() }
        var settings = HTTPRetrieverSettings(url: server.url + "/search?lang=en")
        settings.parameters = ["size": 10, "type": "a b"]
        let found = try await retriever(settings).retrieve("Where is Köln & co?", k: 3).passages
        #expect(
            found == [
                Passage(
                    text: "/search?lang=en&size=10&type=a%20b&query=Where%20is%20K%C3%B6ln%20%26%20co%3F&k=3", id: "7", score: 2.5
                ),
                Passage(text: "two"), Passage(text: "three"),
            ])
    }

    @Test func postSendsJSONAndFindsWhatLiesDeep() async throws {
        let seen = Mutex<LoopbackServer.Request?>(nil)
        let server = LoopbackServer { request in
            seen.withLock { $0 = request }
            return .respond(body: #"{"data": [{"hits": [{"_source": {"long_text": "T"}, "_id": "x", "_score": 1}]}]}"#)
        }
        defer { server.stop() }
        var settings = HTTPRetrieverSettings(url: server.url + "/q")
        (settings.method, settings.query, settings.k, settings.passages) = (.post, "q", "top", "data.0.hits")
        (settings.text, settings.id, settings.score) = ("_source.long_text", "_id", "_score")
        settings.parameters = ["filter": ["year": 1990]]
        settings.headers = ["Authorization": "Bearer ${SEARCH_KEY}", "X-Plain": "$5"]
        let found = try await retriever(settings, environment: ["SEARCH_KEY": "s3cret"]).retrieve("a", k: 5).passages
        #expect(found == [Passage(text: "T", id: "x", score: 1)])
        let request = try #require(seen.withLock { $0 })
        #expect(request.method == "POST" && request.path == "/q")
        #expect(try JSON(parsing: request.body) == ["filter": ["year": 1990], "q": "a", "top": 5])
        #expect(request.headers["authorization"] == "Bearer s3cret" && request.headers["x-plain"] == "$5")
        #expect(request.headers["content-type"] == "application/json")
    }

    @Test func theAnswerItselfMayBeTheList() async throws {
        let server = LoopbackServer { request in .respond(body: request.path.contains("k=") ? "[]" : #"["a", "b"]"#) }
        defer { server.stop() }
        var settings = HTTPRetrieverSettings(url: server.url)
        (settings.passages, settings.k) = ("$", nil)
        #expect(try await retriever(settings).retrieve("q", k: 1).passages == [Passage(text: "a")])
    }

    @Test(arguments: ["{\"passages\": []}", "{\"passages\": null}"])
    func nothingFoundIsNoError(body: String) async throws {
        let server = LoopbackServer { _ in .respond(body: body) }
        defer { server.stop() }
        #expect(try await retriever(HTTPRetrieverSettings(url: server.url)).retrieve("q", k: 1).passages.isEmpty)
    }

    @Test(arguments: [429, 500, 503])
    func aBusyServiceIsAskedAgain(status: Int) async throws {
        let count = Mutex(0)
        let server = LoopbackServer { _ in
            let attempt = count.withLock { count in
                count += 1
                return count
            }
            return attempt < 3
                ? .respond(status: status, headers: [("Retry-After", "1")], body: "busy")
                : .respond(body: #"{"passages": ["a"]}"#)
        }
        defer { server.stop() }
        #expect(try await retriever(HTTPRetrieverSettings(url: server.url)).retrieve("q", k: 1).passages.map(\.text) == ["a"])
        #expect(count.withLock { $0 } == 3)
    }

    @Test(arguments: [
        (503, LanguageModelError.Fault.infrastructure, 3), (400, .program, 1), (422, .program, 1), (401, .refused, 1),
        (403, .refused, 1),
        (404, .refused, 1), (302, .refused, 1),
    ])
    func statusesAreFaults(status: Int, fault: LanguageModelError.Fault, requests: Int) async throws {
        let server = LoopbackServer { _ in .respond(status: status, body: "because of that") }
        defer { server.stop() }
        let error = await #expect(throws: ServiceError.self) {
            try await retriever(HTTPRetrieverSettings(url: server.url + "/s")).retrieve("the query", k: 1)
        }
        #expect(error?.fault == fault)
        #expect(error?.message.hasPrefix("\(server.url)/s answered \(status): because of that") == true)
        #expect(error?.message.contains("query") == false)
        #expect(server.counts.requests == requests)
    }

    @Test(arguments: [
        ("no JSON", LanguageModelError.Fault.infrastructure, "no JSON"),
        (#"{"results": []}"#, .refused, "no list at 'passages: passages'; the answer is an object with the keys results"),
        (#"{"passages": {}}"#, .refused, "it is an object"),
        (#"{"passages": [{"body": "x"}]}"#, .refused, "no string at 'text: text'; it is an object with the keys body"),
        (#"{"passages": [1]}"#, .refused, "it is an integer"),
    ])
    func otherAnswersAreRefusedWithTheirOutline(body: String, fault: LanguageModelError.Fault, message: String) async {
        let server = LoopbackServer { _ in .respond(body: body) }
        defer { server.stop() }
        let error = await #expect(throws: ServiceError.self) {
            try await retriever(HTTPRetrieverSettings(url: server.url)).retrieve("q", k: 1)
        }
        #expect(error?.fault == fault)
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test func aServiceThatIsAwayOrHangsIsTheSurroundings() async {
        let server = LoopbackServer { _ in .hang }
        defer { server.stop() }
        var slow = HTTPRetrieverSettings(url: server.url)
        slow.timeout = .seconds(1)
        for settings in [slow, HTTPRetrieverSettings(url: "http://127.0.0.1:\(LoopbackServer.unusedPort())")] {
            let error = await #expect(throws: ServiceError.self) {
                try await retriever(settings, maxAttempts: 2).retrieve("q", k: 1)
            }
            #expect(error?.fault == .infrastructure)
            #expect(error?.message.hasSuffix("(after 2 attempts)") == true)
        }
        #expect(server.counts.requests == 2)
    }

    @Test func aKeyThatTheServiceRepeatsIsNotTold() async {
        let server = LoopbackServer { _ in .respond(status: 403, body: "Bearer s3cr3t-key may not") }
        defer { server.stop() }
        var settings = HTTPRetrieverSettings(url: server.url)
        settings.headers = ["Authorization": "Bearer ${SEARCH_KEY}"]
        let error = await #expect(throws: ServiceError.self) {
            try await retriever(settings, environment: ["SEARCH_KEY": "s3cr3t-key"]).retrieve("q", k: 1)
        }
        #expect(error?.message.contains("Bearer *** may not") == true, "\(error?.message ?? "")")
    }

    @Test func anUnsetVariableIsNamedAndNothingIsSent() async {
        let server = LoopbackServer { _ in .respond(body: "[]") }
        defer { server.stop() }
        var settings = HTTPRetrieverSettings(url: server.url)
        settings.headers = ["Authorization": "Bearer ${SEARCH_KEY}"]
        #expect(settings.variables == ["SEARCH_KEY"])
        let error = await #expect(throws: ServiceError.self) { try await retriever(settings).retrieve("q", k: 1) }
        #expect(error?.fault == .refused)
        #expect(error?.message.contains("set the environment variable SEARCH_KEY, which the header Authorization needs") == true)
        #expect(server.counts.requests == 0)
    }
}
