internal import JSON
internal import Programs

/// What the body of a failed answer says. Servers that speak the same API agree on little here, so all is optional.
struct ErrorReport {
    private(set) var message = ""
    private var code = ""
    private var type = ""
    /// The parameter that the server objects to.
    private var parameter = ""

    /// A status that stands in the body: gateways report some errors with status 200.
    var status: Int? { Int(code) }

    init(body: [UInt8]) {
        if let json = try? JSON(parsing: body), let report = ErrorReport(json: json) { self = report }
    }

    /// nil when `json` reports no error. Understood are `{"error": {…}}`, `{"error": "…"}` and the members at the top;
    /// `detail` may be a list, as Python servers write what they find wrong with a body.
    init?(json: JSON) {
        let error = json["error"].flatMap { $0.isNull ? nil : $0 }
        let details = error?.objectValue != nil ? error : json
        let detail = details?["detail"]
        guard
            let text = error?.stringValue ?? details?["message"]?.stringValue ?? detail?.stringValue
                ?? (detail?.arrayValue != nil ? detail?.serialized() : nil)
        else { return nil }
        message = text
        code = details?["code"].map { $0.stringValue ?? $0.intValue.map(String.init) ?? "" } ?? ""
        type = details?["type"]?.stringValue ?? ""
        parameter = details?["param"]?.stringValue ?? ""
    }

    /// What the failure means, from the status and, where that is not enough, from codes and well-known phrases.
    func kind(status: Int) -> LanguageModelError.Kind {
        if status != 429, let kind = kindByCode { return kind }
        switch status {
        case 401: return .authentication
        case 402: return .billing
        case 403: return says("moderation", "flagged") ? .contentFilter : .authentication
        case 404: return .unknownModel
        case 408: return .timeout
        case 413: return .contextWindow
        case 409, 425: return .server
        case 429: return has("insufficient_quota") || says("exceeded your current quota") ? .billing : .rateLimited
        case 400..<500: return kindOfBadRequest
        default: return .server
        }
    }

    /// Whether the server objects to the form that the answer should have.
    var isAboutResponseFormat: Bool {
        parameter.hasPrefix("response_format")
            || says("response_format", "response format", "json_schema", "json schema", "json_object", "structured output")
    }

    /// Whether it is this schema that the server cannot follow, and not schemas as such.
    var isAboutOneSchema: Bool { has("invalid_json_schema") || says("invalid schema") }

    /// Whether the server objects to `parameter`: it says so, or its message begins with the name.
    func isAbout(_ parameter: String) -> Bool {
        self.parameter == parameter || message.drop { "`'\"".contains($0) }.hasPrefix(parameter)
    }

    private var kindByCode: LanguageModelError.Kind? {
        if has("insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "billing_error") { return .billing }
        if has("context_length_exceeded", "exceed_context_size_error") { return .contextWindow }
        if has("content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation") { return .contentFilter }
        if has("invalid_api_key") { return .authentication }
        if has("model_not_found", "unsupported_parameter", "unsupported_value", "unknown_parameter") { return .unknownModel }
        return nil
    }

    private var kindOfBadRequest: LanguageModelError.Kind {
        if says("maximum context length", "context window", "context length", "context size", "prompt is too long") {
            return .contextWindow
        }
        if says("content management policy", "content filter") { return .contentFilter }
        if says("api key not valid", "invalid api key") { return .authentication }
        if says("credit balance is too low", "api usage limits") { return .billing }
        if says("invalid model id", "model not found") { return .unknownModel }
        // What the settings ask for does not depend on the prompt: no call would fare better.
        if ["max_tokens", "max_completion_tokens", "temperature"].contains(where: isAbout) { return .unknownModel }
        return .invalidRequest
    }

    private func has(_ codes: String...) -> Bool { codes.contains { $0 == code || $0 == type } }

    private func says(_ phrases: String...) -> Bool {
        let text = message.lowercased()
        return phrases.contains { text.contains($0) }
    }
}
