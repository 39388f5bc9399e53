internal import FoundationEssentials
package import HTTP
internal import JSON
package import Programs

/// A model behind OpenAI's chat completions API, at OpenAI or at any server that speaks it. One attempt per call.
package struct OpenAIChat: LanguageModel {
    package let settings: LanguageModelSettings
    private let apiKey: String?
    private let missingKey: String?
    private let transport: HTTPTransport

    package init(
        settings: LanguageModelSettings, environment: [String: String] = ProcessInfo.processInfo.environment,
        transport: HTTPTransport = .shared
    ) {
        self.settings = settings
        self.transport = transport
        apiKey = settings.apiKey(in: environment)
        missingKey = settings.checkKey(in: environment)
    }

    package func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
        if let missingKey { throw LanguageModelError(.missingKey, missingKey) }
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await transport.send(httpRequest(request))
        } catch {
            throw LanguageModelError(error)
        }
        guard (200..<300).contains(response.status) else {
            throw failure(OpenAIErrorReport(body: response.body), response, Usage(attempts: 1))
        }
        let paid = Usage(calls: 1, attempts: 1)
        guard let body = try? JSON(parsing: response.body) else {
            let message = "\(settings.baseURL) answered with something that is not JSON: \(excerpt(response.body))"
            throw LanguageModelError(.malformedResponse, message, status: response.status, usage: paid)
        }
        // Some gateways report an error with status 200.
        if let report = OpenAIErrorReport(json: body), body["choices"] == nil { throw failure(report, response, paid) }
        return try OpenAICompletion.chatResponse(body, status: response.status)
    }

    private func httpRequest(_ request: ChatRequest) -> HTTPRequest {
        var headers = [("Content-Type", "application/json"), ("Accept", "application/json")]
        if let apiKey { headers.append(("Authorization", "Bearer \(apiKey)")) }
        return HTTPRequest(
            url: settings.baseURL + "/chat/completions", method: .post, headers: headers,
            body: OpenAICompletion.body(of: request, settings).bytes(), timeout: settings.timeout)
    }

    private func failure(_ report: OpenAIErrorReport, _ response: HTTPResponse, _ usage: Usage) -> LanguageModelError {
        let status = (200..<300).contains(response.status) ? report.status ?? response.status : response.status
        let kind = report.kind(status: status)
        let detail = report.message.isEmpty ? excerpt(response.body) : report.message
        var message = "\(settings.model) at \(settings.baseURL): \(status) \(detail)"
        if kind == .authentication, apiKey == nil {
            let variable = settings.keyVariable.map { "\($0) is not set" } ?? "api_key_env names no variable"
            message += " (no API key was sent: \(variable))"
        }
        return LanguageModelError(
            kind, message, status: status, retryAfter: RetryAfter.duration(response.headers, now: Date().timeIntervalSince1970),
            usage: usage)
    }

    private func excerpt(_ body: [UInt8]) -> String {
        body.isEmpty ? "(no body)" : String(decoding: body.prefix(300), as: UTF8.self)
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
}
