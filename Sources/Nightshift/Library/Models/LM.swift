internal import Foundation
public import JSON
internal import LanguageModels
public import Programs

/// A language model behind an HTTP endpoint, with retries.
///
///     configure(lm: try LM("openai/gpt-4o-mini"))
///     configure(lm: try LM("my-model", baseURL: "http://127.0.0.1:8080/v1"))
public struct LM: LanguageModel {
    /// As it was given: `openai/gpt-4o-mini`.
    public let name: String
    private let model: any LanguageModel
    private let settings: LanguageModelSettings

    /// - Parameters:
    ///   - name: `openai/NAME` or `anthropic/NAME`; with a `baseURL` any name.
    ///   - baseURL: of a server that speaks the API; nil: the provider's own.
    ///   - apiKeyVariable: the environment variable with the API key; nil: the provider's own, `OPENAI_API_KEY` or
    ///     `ANTHROPIC_API_KEY`, which is only read for the provider's own host.
    ///   - temperature: nil leaves it to the provider.
    ///   - maxTokens: limit on an answer's length; nil leaves it to the provider.
    ///   - stop: texts at which an answer ends.
    ///   - timeout: of each attempt.
    ///   - remembers: whether the same question gets the same answer again, from memory and without a call.
    /// - Throws: what is wrong with the settings, or which environment variable lacks the API key.
    public init(
        _ name: String, baseURL: String? = nil, apiKeyVariable: String? = nil, temperature: Double? = nil, maxTokens: Int? = nil,
        stop: [String] = [], timeout: Duration = .seconds(60), remembers: Bool = true
    ) throws(Diagnostic) {
        var settings = try LanguageModelSettings(
            model: name, baseURL: baseURL, temperature: temperature, maxTokens: maxTokens, timeout: timeout,
            apiKeyEnvironment: apiKeyVariable)
        settings.stop = stop
        if let problem = settings.checkKey(in: ProcessInfo.processInfo.environment) { throw Diagnostic(JSONPath(), problem) }
        self.name = name
        self.settings = settings
        let model = languageModel(settings)
        self.model = remembers ? CachingModel(model, settings) : model
    }

    /// What the endpoint can be told of an answer's form.
    public var responseFormats: ResponseFormatSupport { model.responseFormats }

    /// Asks the endpoint, again where it is busy or away.
    public func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
        try await model.complete(request)
    }

    /// What calls cost, in USD; nil where the model's price is not known.
    ///
    /// Prices are those of the user's file (the one that `NIGHTSHIFT_PRICES` names, else `~/.config/nightshift/prices.json`), and
    /// for a provider's own models the published ones.
    /// - Throws: what is wrong with the file.
    public func cost(of usage: Usage) throws -> Double? { try PriceTable.load().cost(settings, usage) }
}
