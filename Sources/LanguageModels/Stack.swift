internal import FoundationEssentials
package import HTTP
package import JSON
package import Programs

/// The model that the settings describe: its provider's API, with retries, over a transport that all models share.
package func languageModel(
    _ settings: LanguageModelSettings, environment: [String: String] = ProcessInfo.processInfo.environment,
    transport: HTTPTransport = .shared
) -> any LanguageModel {
    let model: any LanguageModel =
        switch settings.provider {
        case .openai: OpenAIChat(settings: settings, environment: environment, transport: transport)
        case .anthropic: AnthropicMessages(settings: settings, environment: environment, transport: transport)
        }
    return RetryingModel(model, policy: RetryPolicy(settings))
}

/// The embedding model that the settings describe, with retries.
///
/// - Throws: ``Diagnostic`` at `model` where the provider has none.
package func embeddingModel(
    _ settings: LanguageModelSettings, environment: [String: String] = ProcessInfo.processInfo.environment,
    transport: HTTPTransport = .shared
) throws(Diagnostic) -> any EmbeddingModel {
    switch settings.provider {
    case .openai: return OpenAIEmbeddings(settings: settings, environment: environment, transport: transport)
    case .anthropic:
        throw Diagnostic(
            JSONPath([.key("model")]),
            "Anthropic has no embeddings; name an OpenAI model, such as openai/text-embedding-3-small, "
                + "or give the base_url of a server that speaks OpenAI's API")
    }
}

/// The fine-tuning of the settings' provider, with retries.
///
/// - Throws: ``Diagnostic`` at `model` where the provider has none.
package func finetuningProvider(
    _ settings: LanguageModelSettings, environment: [String: String] = ProcessInfo.processInfo.environment,
    transport: HTTPTransport = .shared
) throws(Diagnostic) -> any FinetuningProvider {
    switch settings.provider {
    case .openai: return OpenAIFinetuning(settings: settings, environment: environment, transport: transport)
    case .anthropic:
        throw Diagnostic(
            JSONPath([.key("model")]),
            "Anthropic's API trains no models; name an OpenAI model, or give the base_url of a server that speaks OpenAI's API")
    }
}
