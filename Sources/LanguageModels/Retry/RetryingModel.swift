package import Programs

/// Sends failed requests again, as a ``RetryMachine`` decides. Usage covers all attempts.
package struct RetryingModel: LanguageModel {
    private let model: any LanguageModel
    private let retrying: Retrying

    package init(
        _ model: any LanguageModel, policy: RetryPolicy = RetryPolicy(),
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.model = model
        retrying = Retrying(policy: policy, sleep: sleep)
    }

    package var responseFormats: ResponseFormatSupport { model.responseFormats }

    package func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
        var (response, lost) = try await retrying { () async throws(LanguageModelError) in try await model.complete(request) }
        response.usage += lost
        return response
    }
}
