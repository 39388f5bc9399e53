package import JSON

/// Which LM a role uses, as the study file says it; keys are never part of it.
package struct ModelSpec: Sendable, Hashable {
    /// `provider/model`, such as `openai/gpt-4o-mini`.
    package var model: String
    /// Nil: the provider's own.
    package var baseURL: String?
    package var temperature: Double?
    package var maxTokens: Int?
    /// For one request.
    package var timeout: Duration
    /// For one example, with all that waits and fails in it; nil: as long as it takes. Of the task's model only.
    package var exampleDeadline: Duration?
    /// Name of the variable that holds the key; nil: the provider's usual one.
    package var apiKeyEnvironment: String?
    /// What of `response_format` the endpoint is asked for: `auto`, `json_schema`, `json_object`, `none`; nil: auto.
    package var responseFormat: String?
    /// Texts at which an answer ends.
    package var stop: [String] = []
    /// What the user allows of its calls, in all workers together: per minute, and under way at once.
    package var requestsPerMinute: Double?
    package var tokensPerMinute: Double?
    package var concurrency: Int?
    /// Whether answers may come from the team's cache, and go there.
    package var usesCache = true
    /// Whether a request whose answer is later than most is sent a second time; both are paid.
    package var hedges = false

    package static let defaultTimeout = Duration.seconds(60)

    package init(
        model: String, baseURL: String? = nil, temperature: Double? = nil, maxTokens: Int? = nil,
        timeout: Duration = ModelSpec.defaultTimeout, apiKeyEnvironment: String? = nil, responseFormat: String? = nil
    ) {
        self.model = model
        self.baseURL = baseURL
        self.temperature = temperature
        self.maxTokens = maxTokens
        self.timeout = timeout
        self.apiKeyEnvironment = apiKeyEnvironment
        self.responseFormat = responseFormat
    }
}

extension ModelSpec {
    package var json: JSON {
        var object: JSONObject = [
            "model": .string(model),
            "temperature": temperature.map(JSON.double) ?? .null,
            "max_tokens": maxTokens.map(JSON.int) ?? .null,
            "base_url": baseURL.map(JSON.string) ?? .null,
            "timeout_ms": .int(timeout.milliseconds),
            "api_key_env": apiKeyEnvironment.map(JSON.string) ?? .null,
        ]
        object["example_deadline_ms"] = exampleDeadline.map { .int($0.milliseconds) }
        object["response_format"] = responseFormat.map(JSON.string)
        if !stop.isEmpty { object["stop"] = .array(stop.map(JSON.string)) }
        if !usesCache { object["cache"] = false }
        if hedges { object["hedge"] = true }
        object["requests_per_minute"] = requestsPerMinute.map(JSON.double)
        object["tokens_per_minute"] = tokensPerMinute.map(JSON.double)
        object["concurrency"] = concurrency.map(JSON.int)
        return .object(object)
    }

    init(json: JSON, at path: JSONPath) throws(Diagnostic) {
        guard let model = json["model"]?.stringValue, let timeout = json["timeout_ms"]?.intValue else {
            throw Diagnostic(path, "not a stored model")
        }
        self.init(
            model: model, baseURL: json["base_url"]?.stringValue, temperature: json["temperature"]?.doubleValue,
            maxTokens: json["max_tokens"]?.intValue, timeout: .milliseconds(timeout),
            apiKeyEnvironment: json["api_key_env"]?.stringValue,
            responseFormat: json["response_format"]?.stringValue)
        stop = (json["stop"]?.arrayValue ?? []).compactMap(\.stringValue)
        exampleDeadline = json["example_deadline_ms"]?.intValue.map { .milliseconds($0) }
        usesCache = json["cache"] != false
        hedges = json["hedge"] == true
        requestsPerMinute = json["requests_per_minute"]?.doubleValue
        tokensPerMinute = json["tokens_per_minute"]?.doubleValue
        concurrency = json["concurrency"]?.intValue
    }
}
