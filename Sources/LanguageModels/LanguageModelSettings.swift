package import JSON
package import Programs

/// Which model to call, where, and how.
package struct LanguageModelSettings: Sendable, Hashable {
    /// The API that the endpoint speaks.
    package let provider: Provider
    /// The model's name as the endpoint knows it.
    package private(set) var model: String
    /// Without a slash at its end.
    package let baseURL: String
    /// nil leaves it to the provider.
    package var temperature: Double?
    /// Limit on an answer's length, in tokens; nil leaves it to the provider.
    package var maxTokens: Int?
    /// Per attempt, from sending to the last byte.
    package var timeout: Duration
    /// The environment variable with the API key, where the study names one.
    package var apiKeyEnvironment: String?
    /// What of `response_format` the endpoint is asked for.
    package let responseFormat: ResponseFormatPolicy
    /// Texts at which an answer ends, unless a request has its own.
    package var stop: [String] = []
    /// What the user allows of the model's calls.
    package var limits = CallLimits()
    /// Whether a request whose answer is late is sent a second time.
    package var hedges = false
    /// How often a request is sent at most, counted over failures other than rate limits.
    package var maxAttempts = 5
    /// How often a request is sent at most when the provider limits the rate.
    package var maxRateLimitedAttempts = 12

    /// Whether the endpoint is the provider's own, and not a server that speaks the same API.
    package let isProvidersOwn: Bool

    /// - Parameters:
    ///   - model: `openai/NAME` or `anthropic/NAME`. With a `baseURL` any name, of which only the prefix is taken off: it
    ///     says which API is spoken there, OpenAI's unless it is `anthropic/`.
    ///   - baseURL: the provider's own where nil.
    /// - Throws: ``Diagnostic`` with the key of the study file (`model`, `base_url`, …) as its path.
    package init(
        model: String, baseURL: String? = nil, temperature: Double? = nil, maxTokens: Int? = nil,
        timeout: Duration = .seconds(60), apiKeyEnvironment: String? = nil, responseFormat: ResponseFormatPolicy = .auto
    ) throws(Diagnostic) {
        (provider, self.model) = try Self.resolve(model, hasBaseURL: baseURL != nil)
        let endpoint: Endpoint
        do throws(Endpoint.Problem) {
            endpoint = try Endpoint(baseURL ?? provider.baseURL)
        } catch {
            throw Diagnostic("base_url", error.text)
        }
        isProvidersOwn = endpoint.host == provider.host
        guard !isProvidersOwn || endpoint.isSecure else {
            throw Diagnostic("base_url", "must begin with https:// for \(provider.host), to keep the API key secret on its way")
        }
        if let temperature, !(0...2).contains(temperature) {
            throw Diagnostic("temperature", "must lie in 0…2, not \(temperature)")
        }
        if let maxTokens, maxTokens < 1 { throw Diagnostic("max_tokens", "must be at least 1, not \(maxTokens)") }
        guard timeout > .zero else { throw Diagnostic("timeout", "must be above zero, not \(timeout)") }
        if let apiKeyEnvironment, apiKeyEnvironment.isEmpty || apiKeyEnvironment.contains("=") {
            throw Diagnostic("api_key_env", "must be the name of an environment variable, not \"\(apiKeyEnvironment)\"")
        }
        if provider == .anthropic, responseFormat == .jsonObject || responseFormat == .jsonSchema {
            throw Diagnostic("response_format", "Anthropic's messages API has none; leave it out")
        }
        self.baseURL = endpoint.text
        self.temperature = temperature
        self.maxTokens = maxTokens
        self.timeout = timeout
        self.apiKeyEnvironment = apiKeyEnvironment
        self.responseFormat = responseFormat
        try checkReasoningRules()
    }

    /// The settings with another model of the same endpoint; with `model` nil, the same.
    /// - Throws: an error of kind `unknownModel` where the name is another provider's.
    package func asking(_ model: String?) throws(LanguageModelError) -> LanguageModelSettings {
        guard let model else { return self }
        var settings = self
        let parts = model.split(separator: "/", maxSplits: 1)
        settings.model = model
        if parts.count == 2, let provider = Provider(rawValue: String(parts[0])) {
            guard provider == self.provider else {
                throw LanguageModelError(
                    .unknownModel,
                    "a predictor's state names the model \(model), which \(baseURL) does not serve: its API is "
                        + "\(self.provider.rawValue)'s; set its \"lm\" to null in the state file, "
                        + "or let the study name a model of that provider")
            }
            settings.model = String(parts[1])
        }
        return settings
    }

    /// OpenAI's reasoning models answer other settings with an error, or think until the limit and say nothing.
    private func checkReasoningRules() throws(Diagnostic) {
        guard provider == .openai, isProvidersOwn, OpenAICompletion.isReasoningModel(model) else { return }
        if let temperature, temperature != 1 {
            throw Diagnostic("temperature", "must be 1 or left out for the reasoning model \(model), not \(temperature)")
        }
        if let maxTokens, maxTokens < Self.leastReasoningTokens {
            throw Diagnostic(
                "max_tokens",
                "must be at least \(Self.leastReasoningTokens) or left out for the reasoning model \(model), "
                    + "whose thoughts count too, not \(maxTokens)")
        }
    }

    private static let leastReasoningTokens = 16000

    private static func resolve(_ name: String, hasBaseURL: Bool) throws(Diagnostic) -> (Provider, String) {
        let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, let provider = Provider(rawValue: String(parts[0])) {
            guard !parts[1].isEmpty else { throw Diagnostic("model", "names no model after \"\(name)\"") }
            return (provider, String(parts[1]))
        }
        guard !name.isEmpty else { throw Diagnostic("model", "is empty; write provider/NAME, such as openai/gpt-4o-mini") }
        // Whatever serves models at an address of its own speaks OpenAI's API and knows its models by their full names.
        if hasBaseURL { return (.openai, name) }
        guard parts.count == 2 else {
            throw Diagnostic("model", "\"\(name)\" names no provider; write openai/\(name), or give base_url")
        }
        throw Diagnostic(
            "model",
            "there is no provider \"\(parts[0])\" (known: \(Provider.allCases.map(\.rawValue).joined(separator: ", "))); "
                + "a server that speaks OpenAI's API is used by giving its base_url")
    }
}

extension Diagnostic {
    fileprivate init(_ key: String, _ message: String) { self.init(JSONPath([.key(key)]), message) }
}
