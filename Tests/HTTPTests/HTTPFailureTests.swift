import HTTP
import TestSupport
import Testing

@Suite struct HTTPFailureTests {
    /// The error of a request that must fail.
    private func failure(of request: HTTPRequest, _ transport: HTTPTransport = HTTPTransport()) async throws -> HTTPError {
        try await #require(throws: HTTPError.self) { _ = try await transport.send(request) }
    }

    @Test func deadlineIsPerCall() async throws {
        try await withServer {
            $0.path == "/hang" ? .hang : .respond(body: "ok")
        } _: { server in
            let transport = HTTPTransport()
            let clock = ContinuousClock()
            let start = clock.now
            async let slow = failure(of: HTTPRequest(url: server.url + "/hang", timeout: .seconds(2)), transport)
            async let fast = transport.send(HTTPRequest(url: server.url, timeout: .seconds(20)))
            let status = try await fast.status
            #expect(status == 200)
            let error = try await slow
            #expect(error.code == .timeout)
            #expect(error.wasSent)
            #expect(clock.now - start >= .seconds(2))
            #expect(clock.now - start < .seconds(15))
        }
    }

    @Test func connectionRefused() async throws {
        let error = try await failure(of: HTTPRequest(url: "http://127.0.0.1:\(LoopbackServer.unusedPort())/"))
        #expect(error.code == .couldNotConnect)
        #expect(!error.wasSent)
        #expect(error.message.contains("127.0.0.1"))
    }

    @Test func unknownHost() async throws {
        let error = try await failure(of: HTTPRequest(url: "http://no-such-host.invalid/", timeout: .seconds(20)))
        #expect(error.code == .couldNotResolve)
    }

    @Test(arguments: ["ftp://127.0.0.1/x", "file:///etc/hostname", "http://", "no url"]) func refusedURLs(_ url: String)
        async throws
    {
        let error = try await failure(of: HTTPRequest(url: url))
        #expect([.invalidURL, .couldNotResolve].contains(error.code))
    }

    @Test func tlsToAPlainServer() async throws {
        try await withServer { _ in
            .respond()
        } _: { server in
            let url = "https://127.0.0.1:\(server.port)/"
            // The server takes the handshake for a request that never ends; a stop ends its connection.
            let error = try await failure(of: HTTPRequest(url: url, timeout: .milliseconds(500)))
            #expect([.tls, .timeout].contains(error.code))
            #expect(!error.wasSent)
        }
    }

    @Test func connectionLost() async throws {
        try await withServer { _ in
            .close
        } _: { server in
            let error = try await failure(of: HTTPRequest(url: server.url))
            #expect(error.code == .connectionLost)
            #expect(error.wasSent)
        }
    }

    @Test func truncatedAnswer() async throws {
        try await withServer { _ in
            .raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        } _: { server in
            let error = try await failure(of: HTTPRequest(url: server.url))
            #expect(error.code == .connectionLost)
        }
    }

    @Test func answersAreCapped() async throws {
        try await withServer { _ in
            .respond(body: String(repeating: "x", count: 5000))
        } _: { server in
            let error = try await failure(of: HTTPRequest(url: server.url), HTTPTransport(maxBodyBytes: 4999))
            #expect(error.code == .responseTooLarge)
            let response = try await HTTPTransport(maxBodyBytes: 5000).send(HTTPRequest(url: server.url))
            #expect(response.body.count == 5000)
        }
    }

    @Test func headersCannotSmuggleLines() async throws {
        let request = HTTPRequest(url: "http://127.0.0.1:1/", headers: [("X", "a\r\nY: b")])
        let error = try await failure(of: request)
        #expect(error.code == .other)
        #expect(error.message.contains("X"))
    }

    @Test(.timeLimit(.minutes(5))) func cancellationEndsTheTransfer() async throws {
        try await withServer {
            $0.path == "/hang" ? .hang : .respond(body: "ok")
        } _: { server in
            let transport = HTTPTransport()
            let tasks = (0..<100).map { _ in
                Task { try await transport.send(HTTPRequest(url: server.url + "/hang", timeout: .seconds(600))).status }
            }
            while server.counts.requests < 100 { try await Task.sleep(for: .milliseconds(5)) }
            for task in tasks { task.cancel() }
            for task in tasks {
                let error = await #expect(throws: HTTPError.self) { _ = try await task.value }
                #expect(error?.code == .cancelled)
                #expect(error?.wasSent == true)
            }
            // The transport is as good as new.
            let response = try await transport.send(HTTPRequest(url: server.url))
            #expect(response.status == 200)
        }
    }

    @Test func cancelledBeforeSending() async throws {
        await withServer { _ in
            .respond()
        } _: { server in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await HTTPTransport().send(HTTPRequest(url: server.url)).status
            }
            let error = await #expect(throws: HTTPError.self) { _ = try await task.value }
            #expect(error?.code == .cancelled)
            #expect(server.counts.requests == 0)
        }
    }
}
