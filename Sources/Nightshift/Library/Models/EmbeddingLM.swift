internal import Foundation
public import JSON
internal import LanguageModels
public import Programs

/// An embedding model behind an HTTP endpoint of OpenAI's API, with retries.
///
///     let model = try EmbeddingLM("openai/text-embedding-3-small")
public struct EmbeddingLM: EmbeddingModel {
    /// As it was given.
    public let name: String
    private let model: any EmbeddingModel

    /// - Parameters: as of ``LM``.
    /// - Throws: what is wrong with the settings, or which environment variable lacks the API key.
    public init(
        _ name: String, baseURL: String? = nil, apiKeyVariable: String? = nil, timeout: Duration = .seconds(60)
    ) throws(Diagnostic) {
        let settings = try LanguageModelSettings(
            model: name, baseURL: baseURL, timeout: timeout, apiKeyEnvironment: apiKeyVariable)
        if let problem = settings.checkKey(in: ProcessInfo.processInfo.environment) { throw Diagnostic(JSONPath(), problem) }
        self.name = name
        model = try embeddingModel(settings)
    }

    /// One vector per text, in their order.
    public func embed(_ texts: [String]) async throws(LanguageModelError) -> EmbeddingResponse { try await model.embed(texts) }
}
