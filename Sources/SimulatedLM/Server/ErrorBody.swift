import JSON

/// An error as the providers write it.
struct ErrorBody: Error {
    var status: Int
    var type: String
    var code: String?
    var parameter: String?
    var message: String
    var retryAfter: Double?

    static func badRequest(_ message: String) -> ErrorBody {
        ErrorBody(status: 400, type: "invalid_request_error", code: nil, message: message)
    }

    static func notFound(_ path: String) -> ErrorBody {
        ErrorBody(status: 404, type: "invalid_request_error", code: "unknown_url", message: "Unknown request URL: \(path)")
    }

    static func unknownModel(_ model: String) -> ErrorBody {
        ErrorBody(
            status: 404, type: "invalid_request_error", code: "model_not_found",
            message: "The model `\(model)` does not exist or you do not have access to it.")
    }

    static func noSuch(_ kind: String, _ id: String) -> ErrorBody {
        ErrorBody(status: 404, type: "invalid_request_error", code: nil, parameter: "id", message: "No such \(kind): \(id)")
    }

    static func unsupportedFormat(_ format: AnswerFormat) -> ErrorBody {
        let type = format == .object ? "json_object" : "json_schema"
        return ErrorBody(
            status: 400, type: "invalid_request_error", code: "unsupported_parameter", parameter: "response_format",
            message: "Invalid parameter: 'response_format' of type '\(type)' is not supported with this model.")
    }

    static let unauthorized = ErrorBody(
        status: 401, type: "invalid_request_error", code: "invalid_api_key", message: "Incorrect API key provided.")
    static let fault = ErrorBody(status: 500, type: "server_error", code: nil, message: "The server had an error (simulated).")

    static func tooMany(retryAfter: Double) -> ErrorBody {
        ErrorBody(
            status: 429, type: "requests", code: "rate_limit_exceeded", message: "Rate limit reached. Please try again later.",
            retryAfter: retryAfter)
    }

    func json(_ form: ChatRequest.Form) -> JSON {
        switch form {
        case .openAI:
            let code: JSON = code.map { .string($0) } ?? .null
            return [
                "error": [
                    "message": .string(message), "type": .string(type), "param": parameter.map { .string($0) } ?? .null,
                    "code": code,
                ]
            ]
        case .anthropic:
            return ["type": "error", "error": ["type": .string(anthropicType), "message": .string(message)]]
        }
    }

    private var anthropicType: String {
        switch status {
        case 401: "authentication_error"
        case 404: "not_found_error"
        case 429: "rate_limit_error"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }
}
