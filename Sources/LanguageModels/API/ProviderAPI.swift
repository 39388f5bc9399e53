internal import FoundationEssentials
internal import HTTP
internal import JSON
internal import Programs

/// Calls of one provider's API: sends a body and returns the JSON of the answer. One attempt per call.
struct ProviderAPI: Sendable {
    /// What came with 2xx.
    struct Answer: Sendable {
        let body: JSON
        let status: Int
        /// What the call took beside the attempt that was answered.
        var lost = Usage.zero
    }

    /// What a failed request means, and what the provider said.
    struct Failure: Error {
        var error: LanguageModelError
        /// nil where no answer came, or one that says nothing.
        var report: ErrorReport?
    }

    let settings: LanguageModelSettings
    private let apiKey: String?
    private let missingKey: String?
    private let transport: HTTPTransport
    /// Lets a request pass when the limits allow it; nil: at once.
    private let gate: CallGate?
    /// Until when calls are held for an endpoint that is away; nil: until it is back.
    private let heldUntil: ContinuousClock.Instant?
    /// Books the calls; nil: nobody counts them.
    private let account: CallAccount?
    /// Sends a late request again; nil: never.
    private let hedge: Hedge?

    init(
        _ settings: LanguageModelSettings, environment: [String: String], transport: HTTPTransport, gate: CallGate? = nil,
        heldUntil: ContinuousClock.Instant? = nil, account: CallAccount? = nil, latencies: LatencyRecord? = nil
    ) {
        self.account = account
        self.heldUntil = heldUntil
        hedge = latencies.map { latencies in Hedge(latencies: latencies, mayBeSent: { gate?.passesAtOnce ?? true }) }
        self.settings = settings
        self.transport = transport
        self.gate = gate
        apiKey = settings.apiKey(in: environment)
        missingKey = settings.checkKey(in: environment)
    }

    /// - Parameter member: what an answer has; some gateways report an error with status 200 and without it.
    func post(_ body: JSON, to path: String, for member: String) async throws(Failure) -> Answer {
        guard let hedge else { return try await book(body, path, member) }
        var (answer, isHedged) = try await hedge { sent in
            do throws(Failure) { return .success(try await book(body, path, member, sent)) } catch { return .failure(error) }
        }
        if isHedged { answer.lost += Usage(attempts: 1) }
        return answer
    }

    /// - Parameter sent: told when the request leaves.
    private func book(
        _ body: JSON, _ path: String, _ member: String, _ sent: (@Sendable () -> Void)? = nil
    ) async throws(Failure) -> Answer {
        let bytes = body.bytes()
        guard let account else { return try await send(.post, path, bytes, type: "application/json", for: member, sent) }
        let worst = WorstCase.amount(of: body, bytes: bytes.count, completes: path != "/embeddings", settings)
        return try await account.booking(worst) { () async throws(Failure) -> Answer in
            try await send(.post, path, bytes, type: "application/json", for: member, sent)
        }
    }

    func post(_ body: [UInt8], type: String, to path: String, for member: String) async throws(Failure) -> JSON {
        try await send(.post, path, body, type: type, for: member).body
    }

    func get(_ path: String, for member: String) async throws(Failure) -> Answer {
        try await send(.get, path, [], type: nil, for: member)
    }

    /// Asks for an answer in parts.
    /// - Parameters:
    ///   - receiver: told what arrives with 2xx as it arrives; it must not block.
    ///   - end: the whole answer, when all has arrived.
    func stream(
        _ body: JSON, to path: String, receiver: @escaping @Sendable ([UInt8]) -> Void,
        end: () throws(Failure) -> JSON
    ) async throws(Failure) -> Answer {
        let bytes = body.bytes()
        func send() async throws(Failure) -> Answer {
            let response = try await exchange(.post, path, bytes, type: "application/json", accept: "text/event-stream", receiver)
            do throws(Failure) { return Answer(body: try end(), status: response.status) } catch {
                var failure = Failure(error: error.error.adding(Usage(calls: 1, attempts: 1)), report: error.report)
                failure.error.message = "\(settings.model) at \(settings.baseURL): \(masked(failure.error.message))"
                throw failure
            }
        }
        guard let account else { return try await send() }
        return try await account.booking(WorstCase.amount(of: body, bytes: bytes.count, completes: true, settings), send)
    }

    private func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: [UInt8], type: String?, for member: String,
        _ sent: (@Sendable () -> Void)? = nil
    ) async throws(Failure) -> Answer {
        let response = try await exchange(method, path, body, type: type, accept: "application/json", nil, sent)
        let paid = Usage(calls: 1, attempts: 1)
        guard let answer = try? JSON(parsing: response.body) else {
            let message = "\(settings.baseURL) answered with something that is not JSON: \(excerpt(response.body))"
            throw Failure(error: LanguageModelError(.malformedResponse, message, status: response.status, usage: paid))
        }
        if let report = ErrorReport(json: answer), answer[member] == nil { throw failure(report, response, paid) }
        return Answer(body: answer, status: response.status)
    }

    /// - Returns: what came with 2xx.
    private func exchange(
        _ method: HTTPRequest.Method, _ path: String, _ body: [UInt8], type: String?, accept: String,
        _ receiver: (@Sendable ([UInt8]) -> Void)?, _ sent: (@Sendable () -> Void)? = nil
    ) async throws(Failure) -> HTTPResponse {
        if let missingKey { throw Failure(error: LanguageModelError(.missingKey, missingKey)) }
        let headers = (type.map { [("Content-Type", $0)] } ?? []) + [("Accept", accept)]
        let request = HTTPRequest(
            url: settings.baseURL + path, method: method, headers: headers + settings.provider.headers(apiKey: apiKey),
            body: body, timeout: settings.timeout)
        let response = try await answered(request, receiver, sent)
        guard (200..<300).contains(response.status) else {
            throw failure(ErrorReport(body: response.body), response, Usage(attempts: 1))
        }
        return response
    }

    /// Sends a request when the limits allow it, and tells them what came of it.
    private func answered(
        _ request: HTTPRequest, _ receiver: (@Sendable ([UInt8]) -> Void)?, _ sent: (@Sendable () -> Void)?
    ) async throws(Failure) -> HTTPResponse {
        let (pass, permit): (CircuitBreaker.Pass?, RateLimiter.Permit?)
        do throws(LanguageModelError) {
            pass = try await gate?.breaker.admit(until: heldUntil)
        } catch {
            throw Failure(error: error)
        }
        do throws(LanguageModelError) {
            // Four bytes a token, about; what it took is known afterwards.
            permit = try await gate?.admit(tokens: 1 + request.body.count / 4)
        } catch {
            if let gate, let pass { gate.breaker.ended(pass, .unknown) }
            throw Failure(error: error)
        }
        sent?()
        let response: HTTPResponse
        do throws(HTTPError) { response = try await send(request, receiver) } catch {
            if let gate, let permit { gate.ended(permit, .other) }
            var failure = LanguageModelError(error)
            failure.isProviderAway = isAway(pass, after: failure, request)
            throw Failure(error: failure)
        }
        if let gate, let permit { gate.ended(permit, response) }
        guard response.status >= 500 else {
            if let gate, let pass { gate.breaker.ended(pass, .answered) }
            return response
        }
        var failure = failure(ErrorReport(body: response.body), response, Usage(attempts: 1))
        failure.error.isProviderAway = isAway(pass, after: failure.error, request)
        throw failure
    }

    private func send(
        _ request: HTTPRequest, _ receiver: (@Sendable ([UInt8]) -> Void)?
    ) async throws(HTTPError) -> HTTPResponse {
        let (meter, start) = (WaitMeter.current, ContinuousClock.now)
        meter?.requestBegan()
        defer { meter?.requestEnded() }
        do throws(HTTPError) {
            let response = try await transport.send(request, receiver: receiver)
            CallMetrics.requested(settings, String(response.status), .now - start)
            return response
        } catch {
            CallMetrics.requested(settings, LanguageModelError(error).kind.rawValue, .now - start)
            throw error
        }
    }

    /// Tells the breaker of a failed call.
    /// - Returns: whether calls of the endpoint are held now.
    private func isAway(_ pass: CircuitBreaker.Pass?, after error: LanguageModelError, _ request: HTTPRequest) -> Bool {
        guard let gate, let pass else { return false }
        let ending: CircuitBreaker.Ending =
            switch error.kind {
            case .server where error.status == 500: .stumbled(request: request.body.hashValue)
            case .server, .timeout, .transport: .failed(request: request.body.hashValue)
            case .cancelled: .unknown
            default: .answered
            }
        return gate.breaker.ended(pass, ending, reason: error.message)
    }

    private func failure(_ report: ErrorReport, _ response: HTTPResponse, _ usage: Usage) -> Failure {
        let status = (200..<300).contains(response.status) ? report.status ?? response.status : response.status
        let kind = report.kind(status: status)
        let detail = report.message.isEmpty ? excerpt(response.body) : masked(report.message)
        var message = "\(settings.model) at \(settings.baseURL): \(status) \(detail)"
        if kind == .authentication {
            let variable = settings.keyVariable
            message +=
                apiKey == nil
                ? " (no API key was sent: \(variable.map { "\($0) is not set" } ?? "api_key_env names no variable"))"
                : " (the API key that was sent is that of \(variable ?? "no variable"))"
        }
        let error = LanguageModelError(
            kind, message, status: status, retryAfter: RetryAfter.duration(response.headers, now: Date().timeIntervalSince1970),
            usage: usage)
        return Failure(error: error, report: report)
    }

    private func excerpt(_ body: [UInt8]) -> String {
        body.isEmpty ? "(no body)" : String(masked(String(decoding: body.prefix(4096), as: UTF8.self)).prefix(300))
    }

    /// Messages are stored for the team: a server that repeats the key that it was sent must not make it known.
    private func masked(_ text: String) -> String {
        guard let apiKey, apiKey.utf8.count >= 8 else { return text }
        return text.replacing(apiKey, with: "(the API key)")
    }
}

extension CallGate {
    /// A request was answered, perhaps by a refusal.
    fileprivate func ended(_ permit: RateLimiter.Permit, _ response: HTTPResponse) {
        let now = Date().timeIntervalSince1970
        let said = ProviderLimits(response.headers, now: now)
        switch response.status {
        // 503 and 529: overloaded.
        case 429, 503, 529:
            let wait = RetryAfter.duration(response.headers, now: now).map { $0 / .seconds(1) }
            // Without credit no rate is right.
            let isBilling = ErrorReport(body: response.body).kind(status: response.status) == .billing
            ended(permit, isBilling ? .other : .refused(wait: wait), said)
        case 200..<300: ended(permit, .answered(tokens: limitsTokens ? Self.tokens(response.body) : 0), said)
        default: ended(permit, .other, said)
        }
    }

    /// What the answer says that it took; 0 where it says nothing.
    private static func tokens(_ body: [UInt8]) -> Int {
        guard let usage = (try? JSON(parsing: body))?["usage"] else { return 0 }
        if let total = usage["total_tokens"]?.intValue { return total }
        return (usage["input_tokens"]?.intValue ?? 0) + (usage["output_tokens"]?.intValue ?? 0)
    }
}

extension LanguageModelError {
    /// What a call without an answer means.
    init(_ error: HTTPError) {
        let kind: Kind =
            switch error.code {
            case .timeout: .timeout
            case .cancelled: .cancelled
            case .responseTooLarge: .malformedResponse
            case .couldNotConnect, .couldNotResolve, .tls, .connectionLost, .invalidURL, .other: .transport
            }
        self.init(kind, error.message, usage: Usage(attempts: error.wasSent ? 1 : 0))
    }

    /// The same error, with what was paid before it.
    func adding(_ usage: Usage) -> LanguageModelError {
        var error = self
        error.usage += usage
        return error
    }
}
