package import JSON
internal import Programs

/// An error as OpenAI's API writes it.
package struct GatewayError: Error, Sendable, Hashable {
    /// The HTTP status.
    package var status: Int
    package var message: String
    package var type = "invalid_request_error"
    package var code: String?
    /// The parameter that is wrong.
    package var parameter: String?
    /// Seconds.
    package var retryAfter: Double?

    package init(_ status: Int, _ message: String, type: String = "invalid_request_error", code: String? = nil) {
        self.status = status
        self.message = message
        self.type = type
        self.code = code
    }

    package static func badRequest(_ message: String, parameter: String? = nil) -> GatewayError {
        var error = GatewayError(400, message)
        error.parameter = parameter
        return error
    }

    package var json: JSON {
        [
            "error": [
                "message": .string(message), "type": .string(type), "param": parameter.map(JSON.string) ?? .null,
                "code": code.map(JSON.string) ?? .null,
            ]
        ]
    }
}

extension GatewayError {
    /// What a failed call means to its caller. The provider's own status stands where it says the same.
    init(_ error: LanguageModelError) {
        let (status, type, code): (Int, String, String?) =
            switch error.kind {
            case .rateLimited: (429, "requests", "rate_limit_exceeded")
            case .timeout: (504, "server_error", "timeout")
            case .server: (error.status.flatMap { $0 >= 500 ? $0 : nil } ?? 502, "server_error", nil)
            case .transport, .unreachable, .malformedResponse: (502, "server_error", nil)
            case .authentication: (error.status ?? 401, "invalid_request_error", "invalid_api_key")
            case .budget: (429, "insufficient_quota", "budget_exhausted")
            case .notRecorded: (404, "invalid_request_error", "not_recorded")
            case .missingKey: (401, "invalid_request_error", "invalid_api_key")
            case .billing: (429, "insufficient_quota", "insufficient_quota")
            case .unknownModel: Self.refusal(status: error.status)
            case .contextWindow: (400, "invalid_request_error", "context_length_exceeded")
            case .contentFilter: (400, "invalid_request_error", "content_filter")
            case .invalidRequest: (error.status ?? 400, "invalid_request_error", nil)
            case .cancelled: (503, "server_error", nil)
            }
        self.init(status, error.message, type: type, code: code)
        retryAfter = error.retryAfter.map { $0 / .seconds(1) }
    }

    /// Of a model that is not there, or that does not take what is asked of it.
    private static func refusal(status: Int?) -> (Int, String, String?) {
        let status = status.flatMap { (400..<500).contains($0) ? $0 : nil } ?? 404
        return (status, "invalid_request_error", status == 404 ? "model_not_found" : nil)
    }
}
