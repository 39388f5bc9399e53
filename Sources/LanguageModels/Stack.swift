internal import FoundationEssentials
package import HTTP
package import Programs

/// The model that the settings describe: its provider's API, with retries, over a transport that all models share.
package func languageModel(
    _ settings: LanguageModelSettings, environment: [String: String] = ProcessInfo.processInfo.environment,
    transport: HTTPTransport = .shared
) -> any LanguageModel {
    let model: any LanguageModel =
        switch settings.provider {
        case .openai: OpenAIChat(settings: settings, environment: environment, transport: transport)
        }
    return RetryingModel(model, policy: RetryPolicy(settings))
}
