package import HTTP
package import JSON
package import Programs

/// A tool that is a request to a server.
///
/// Arguments that the address does not take go into its query (GET) or a JSON object as the body (POST). Answers that may
/// be better a little later (429, 5xx, none at all) are asked for again, also by POST: a tool for an agent asks and does not
/// change the world.
package struct HTTPTool: Tool {
    package let name: String
    package let description: String
    package let parameters: [Field]
    private let spec: HTTPToolSpec
    private let transport: HTTPTransport
    private let environment: [String: String]
    private let sleep: @Sendable (Duration) async throws -> Void

    /// How much of an answer the model gets to see.
    private static let longestObservation = 20_000
    private static let mostAttempts = 4
    /// Where a server asks for more patience, the call fails at once.
    private static let longestWait = Duration.seconds(30)

    /// - Parameter environment: where the headers' variables are looked up.
    package init(
        _ tool: ToolSpec, _ spec: HTTPToolSpec, transport: HTTPTransport, environment: [String: String],
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        name = tool.name
        description = tool.description
        parameters = tool.parameters
        self.spec = spec
        self.transport = transport
        self.environment = environment
        self.sleep = sleep
    }

    /// - Throws: ``ToolFailure`` for what the agent should see: an argument that does not fit, an answer with another 4xx;
    ///   ``ServiceError`` `.refused` for 401, 402, 403 and 407 or a missing environment variable, `.infrastructure` where
    ///   attempts did not help.
    package func call(_ arguments: JSONObject) async throws -> String {
        let (request, secrets) = try request(arguments)
        do {
            return Self.bounded(Self.hide(secrets, in: try ToolAnswer(try await send(request)).observation(at: spec.result)))
        } catch let failure as ToolFailure {
            throw ToolFailure(Self.hide(secrets, in: failure.description))
        } catch let error as ServiceError {
            throw ServiceError(error.fault, "the tool \(name): \(Self.hide(secrets, in: error.message))")
        }
    }

    // MARK: The request

    private func request(_ given: JSONObject) throws -> (HTTPRequest, secrets: [String]) {
        var rest = JSONObject()
        for field in parameters { rest[field.name] = given[field.name] ?? field.defaultValue }
        var url: String
        do throws(URLTemplate.Problem) {
            url = try spec.url.filled(rest)
        } catch {
            throw ToolFailure(error.description)
        }
        for name in spec.url.names { rest[name] = nil }
        if spec.method == .get { url = URLTemplate.append(rest, to: url) }

        var (headers, secrets): ([(String, String)], [String]) = ([], [])
        for header in spec.headers {
            do throws(HeaderTemplate.Problem) {
                let (value, found) = try header.filled(from: environment)
                headers.append((header.name, value))
                secrets += found
            } catch {
                throw ServiceError(.refused, "the tool \(name): \(error)")
            }
        }
        if spec.method == .post, !headers.contains(where: { $0.0.lowercased() == "content-type" }) {
            headers.append(("Content-Type", "application/json"))
        }
        let request = HTTPRequest(
            url: url, method: spec.method == .get ? .get : .post, headers: headers,
            body: spec.method == .get ? [] : JSON.object(rest).bytes(), timeout: spec.timeout)
        return (request, secrets)
    }

    // MARK: Attempts

    private func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        var attempt = 1
        while true {
            let trouble: String
            var wait = Duration.milliseconds(500) * (1 << (attempt - 1)) * Double.random(in: 0.5..<1)
            do throws(HTTPError) {
                let response = try await transport.send(request)
                guard let sentence = ToolAnswer(response).trouble else { return response }
                trouble = sentence
                if let seconds = response.headers["retry-after"].flatMap(Double.init) { wait = .seconds(max(0, seconds)) }
            } catch {
                switch error.code {
                case .cancelled: throw CancellationError()
                case .invalidURL, .responseTooLarge: throw ToolFailure(error.message)
                default: trouble = error.message
                }
            }
            guard attempt < Self.mostAttempts, wait <= Self.longestWait else {
                throw ServiceError(.infrastructure, "\(trouble) (after \(attempt) attempt\(attempt == 1 ? "" : "s"))")
            }
            try await sleep(wait)
            attempt += 1
        }
    }

    // MARK: The observation

    /// A server may repeat what it was sent: observations are stored.
    private static func hide(_ secrets: [String], in text: String) -> String {
        secrets.reduce(text) { $1.utf8.count < 6 ? $0 : $0.replacing($1, with: "***") }
    }

    private static func bounded(_ text: String) -> String {
        let count = text.utf8.count
        guard count > longestObservation else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: longestObservation)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return "\(text[..<end])\n[cut: the answer has \(count) bytes]"
    }
}
