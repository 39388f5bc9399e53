package import HTTP
package import Programs

/// Calls an HTTP service that answers questions: a request may be repeated, and is when the service is busy or away.
package struct ServiceClient: Sendable {
    private let transport: HTTPTransport
    private let maxAttempts: Int
    private let sleep: @Sendable (Duration) async throws -> Void

    /// The longest wait before another attempt, also where the service asks for a longer one.
    private static let ceiling = Duration.seconds(30)

    /// - Parameter maxAttempts: how often a request is sent at most.
    package init(
        transport: HTTPTransport = .shared, maxAttempts: Int = 4,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.transport = transport
        self.maxAttempts = maxAttempts
        self.sleep = sleep
    }

    /// The body of an answer with 2xx.
    ///
    /// - Throws: `.infrastructure` where the service stays busy or away, `.program` where it can't work with this request,
    ///   `.refused` where it would refuse every other too.
    package func send(_ request: HTTPRequest) async throws(ServiceError) -> [UInt8] {
        var attempt = 1
        while true {
            let failure = await once(request)
            switch failure {
            case .success(let body): return body
            case .failure(let failure):
                guard failure.mayPass, attempt < maxAttempts else { throw failure.error(attempts: attempt) }
                do { try await sleep(Self.wait(after: attempt, failure.retryAfter)) } catch {
                    throw ServiceError(.infrastructure, "the call was cancelled")
                }
                attempt += 1
            }
        }
    }

    private struct Failure: Error {
        var fault: LanguageModelError.Fault
        var message: String
        /// Whether the same request may succeed a little later.
        var mayPass = false
        var retryAfter: Duration?

        func error(attempts: Int) -> ServiceError {
            ServiceError(fault, attempts > 1 ? "\(message) (after \(attempts) attempts)" : message)
        }
    }

    private func once(_ request: HTTPRequest) async -> Result<[UInt8], Failure> {
        do throws(HTTPError) {
            let response = try await transport.send(request)
            return 200..<300 ~= response.status ? .success(response.body) : .failure(Self.failure(response, request))
        } catch {
            switch error.code {
            case .timeout, .couldNotConnect, .couldNotResolve, .tls, .connectionLost, .other:
                return .failure(Failure(fault: .infrastructure, message: error.message, mayPass: true))
            case .cancelled: return .failure(Failure(fault: .infrastructure, message: error.message))
            case .invalidURL: return .failure(Failure(fault: .refused, message: error.message))
            case .responseTooLarge: return .failure(Failure(fault: .program, message: error.message))
            }
        }
    }

    private static func failure(_ response: HTTPResponse, _ request: HTTPRequest) -> Failure {
        // Without the query: the message is stored and shown, and the query may be long.
        let address = request.url.prefix { $0 != "?" }
        let excerpt = String(decoding: response.body.prefix(200), as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(
            separator: " ")
        let said = "\(address) answered \(response.status)\(excerpt.isEmpty ? "" : ": \(excerpt)")"
        switch response.status {
        case 408, 425, 429, 500...599:
            let seconds = response.headers["retry-after"].flatMap { Double($0) }
            let wait = seconds.flatMap { $0.isFinite && $0 >= 0 ? Duration.milliseconds(Int64(min($0, 86400) * 1000)) : nil }
            return Failure(fault: .infrastructure, message: said, mayPass: true, retryAfter: wait)
        case 400, 413, 414, 422: return Failure(fault: .program, message: said)
        case 300..<400: return Failure(fault: .refused, message: "\(said); redirects are not followed: give the address itself")
        case 401, 403: return Failure(fault: .refused, message: "\(said); check the key in its headers")
        default: return Failure(fault: .refused, message: said)
        }
    }

    /// Exponential with jitter, so that many workers do not come back at once.
    private static func wait(after attempt: Int, _ retryAfter: Duration?) -> Duration {
        let jitter = Double.random(in: 0..<1)
        if let retryAfter { return min(retryAfter, ceiling) + .milliseconds(200) * jitter }
        return min(ceiling, .milliseconds(250) * (1 << min(attempt, 10))) * jitter
    }
}
