import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing

/// Runs `body` with a server and stops that in all cases.
func withServer<R>(
    _ handler: @escaping @Sendable (LoopbackServer.Request) -> LoopbackServer.Reply, _ body: (LoopbackServer) async throws -> R
) async rethrows -> R {
    let server = LoopbackServer(handler)
    defer { server.stop() }
    return try await body(server)
}

@Suite struct HTTPTransportTests {
    @Test func sendsAndReceives() async throws {
        let seen = Mutex<LoopbackServer.Request?>(nil)
        try await withServer { request in
            seen.withLock { $0 = request }
            return .respond(status: 418, headers: [("X-Kind", "  Tea pot "), ("x-two", "2")], body: "short and stout")
        } _: { server in
            let request = HTTPRequest(
                url: server.url + "/a?b=c", method: .post, headers: [("X-One", "1"), ("X-Empty", "")], body: Array("hello".utf8))
            let response = try await HTTPTransport().send(request)
            #expect(response.status == 418)
            #expect(response.headers["x-kind"] == "Tea pot")
            #expect(response.headers["X-TWO"] == "2")
            #expect(response.headers["x-three"] == nil)
            #expect(String(decoding: response.body, as: UTF8.self) == "short and stout")
        }
        let request = try #require(seen.withLock { $0 })
        #expect(request.method == "POST")
        #expect(request.path == "/a?b=c")
        #expect(request.body == Array("hello".utf8))
        #expect(request.headers["x-one"] == "1")
        #expect(request.headers["x-empty"] == "")
        #expect(request.headers["expect"] == nil)
    }

    @Test(arguments: [HTTPRequest.Method.get, .put, .delete, .post]) func methods(_ method: HTTPRequest.Method) async throws {
        try await withServer {
            .respond(body: "\($0.method) \($0.body.count)")
        } _: { server in
            let response = try await HTTPTransport().send(HTTPRequest(url: server.url, method: method))
            #expect(String(decoding: response.body, as: UTF8.self) == "\(method.rawValue) 0")
        }
    }

    @Test func largeBodiesBothWays() async throws {
        let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 % 26 + 97) }
        try await withServer {
            .respond(body: String(decoding: $0.body, as: UTF8.self))
        } _: { server in
            let response = try await HTTPTransport().send(HTTPRequest(url: server.url, method: .post, body: body))
            #expect(response.body == body)
        }
    }

    @Test func keepsConnections() async throws {
        try await withServer { _ in
            .respond(body: "ok")
        } _: { server in
            let transport = HTTPTransport()
            for _ in 0..<40 {
                try await withThrowingTaskGroup { group in
                    for _ in 0..<8 { group.addTask { try await transport.send(HTTPRequest(url: server.url)).status } }
                    for try await status in group { #expect(status == 200) }
                }
            }
            #expect(server.counts.requests == 320)
            #expect(server.counts.connections <= 8)
        }
    }

    @Test(.timeLimit(.minutes(5))) func manyInFlight() async throws {
        let barrier = Barrier(512)
        try await withServer { _ in
            .respond(body: barrier.wait(seconds: 20) ? "all" : "some")
        } _: { server in
            let transport = HTTPTransport()
            // The second round finds the connections of the first.
            for _ in 0..<2 {
                try await withThrowingTaskGroup { group in
                    for _ in 0..<512 { group.addTask { try await transport.send(HTTPRequest(url: server.url)).body } }
                    for try await body in group { #expect(body == Array("all".utf8)) }
                }
            }
            #expect(server.counts.peak == 512)
            #expect(server.counts.requests == 1024)
            #expect(server.counts.connections == 512)
        }
    }

    @Test func redirectsAreNotFollowed() async throws {
        try await withServer { _ in
            .respond(status: 302, headers: [("Location", "/elsewhere")])
        } _: { server in
            let response = try await HTTPTransport().send(HTTPRequest(url: server.url))
            #expect(response.status == 302)
            #expect(response.headers["location"] == "/elsewhere")
            #expect(server.counts.requests == 1)
        }
    }

    @Test func interimAnswersAreSkipped() async throws {
        let raw = "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Late: 2\r\n\r\nhi"
        try await withServer { _ in
            .raw(raw)
        } _: { server in
            let response = try await HTTPTransport().send(HTTPRequest(url: server.url))
            #expect(response.status == 200)
            #expect(response.headers.fields.map(\.name) == ["Content-Length", "X-Late"])
        }
    }

    @Test func chunkedAnswers() async throws {
        let raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        try await withServer { _ in
            .raw(raw)
        } _: { server in
            let response = try await HTTPTransport().send(HTTPRequest(url: server.url))
            #expect(String(decoding: response.body, as: UTF8.self) == "abcde")
        }
    }
}

/// Holds threads until so many have come; stays open from then on.
private final class Barrier: Sendable {
    private let condition = NSCondition()
    private let missing: Mutex<Int>

    init(_ count: Int) { missing = Mutex(count) }

    /// Whether all came in time.
    func wait(seconds: Double) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        let end = Date(timeIntervalSinceNow: seconds)
        missing.withLock { $0 -= 1 }
        if missing.withLock({ $0 }) == 0 { condition.broadcast() }
        while missing.withLock({ $0 }) > 0 {
            if !condition.wait(until: end) { return false }
        }
        return true
    }
}
