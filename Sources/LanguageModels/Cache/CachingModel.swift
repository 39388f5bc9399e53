package import Programs

/// Answers from the cache what was asked before, anywhere in the team.
///
/// `ChatRequest.retry` tells calls apart, so an answer that did not parse is never served to the retry.
package struct CachingModel: LanguageModel {
    private let model: any LanguageModel
    private let settings: LanguageModelSettings
    private let cache: AnswerCache
    private let origin: CallOrigin

    /// - Parameter settings: the model's own.
    package init(
        _ model: any LanguageModel, _ settings: LanguageModelSettings, cache: AnswerCache = AnswerCache(),
        origin: CallOrigin = CallOrigin(role: .task)
    ) {
        self.model = model
        self.settings = settings
        self.cache = cache
        self.origin = origin
    }

    /// What the settings allow, not what the endpoint has refused so far: requests, and so their keys, must not depend on
    /// what happened before. The model asks for less by itself.
    package var responseFormats: ResponseFormatSupport {
        settings.allowedFormats
    }

    package func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
        let key = try CallKey(request, settings)
        let (answer, usage) = try await cache.answer(key) { [model] () async -> AnswerCache.Outcome in
            do throws(LanguageModelError) {
                let response = try await model.complete(request)
                return .success((CachedAnswer(response), response.usage))
            } catch {
                return .failure(error)
            }
        } archived: { [settings, origin] answer in
            ArchivedAnswer(
                key: key, answer: answer, origin: origin, model: request.model ?? settings.fullName, endpoint: settings.baseURL)
        }
        return answer.response(usage)
    }
}

extension LanguageModelSettings {
    /// `provider/NAME`.
    package var fullName: String { "\(provider.rawValue)/\(model)" }

    /// What of `response_format` the endpoint may be asked for, before it has refused any of it.
    var allowedFormats: ResponseFormatSupport { provider == .anthropic ? .none : ResponseFormats(responseFormat).support }
}
