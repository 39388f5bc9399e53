internal import FoundationEssentials
package import HTTP
internal import JSON
package import Programs
internal import Synchronization

/// A model behind Anthropic's messages API, at Anthropic or at any server that speaks it.
///
/// One attempt per answer, but for one case: newer models refuse every temperature but 1. Where a request brings one, it
/// is put again without, and the model keeps to that; where the settings demand one, the call is refused.
package final class AnthropicMessages: LanguageModel {
    private typealias Outcome = Result<ChatResponse, LanguageModelError>

    package let settings: LanguageModelSettings
    private let api: ProviderAPI
    private let takesTemperature = Mutex(true)

    package init(
        settings: LanguageModelSettings, environment: [String: String] = ProcessInfo.processInfo.environment,
        transport: HTTPTransport = .shared, gate: CallGate? = nil, heldUntil: ContinuousClock.Instant? = nil,
        account: CallAccount? = nil, latencies: LatencyRecord? = nil
    ) {
        self.settings = settings
        api = ProviderAPI(
            settings, environment: environment, transport: transport, gate: gate, heldUntil: heldUntil, account: account,
            latencies: latencies)
    }

    /// As many requests as answers are wanted. What came counts where some fail: it is paid for.
    package func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
        guard request.count > 1 else { return try await answer(request) }
        let outcomes = await concurrentMap(Array(0..<request.count), width: 8) { [self] _ -> Outcome in
            do throws(LanguageModelError) { return .success(try await answer(request)) } catch { return .failure(error) }
        }
        return try Self.combined(outcomes)
    }

    private func answer(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
        let settings = try settings.asking(request.model)
        var refused = Usage.zero
        while true {
            let takesTemperature = takesTemperature.withLock { $0 }
            let answer: ProviderAPI.Answer
            do throws(ProviderAPI.Failure) {
                let body = AnthropicMessage.body(of: request, settings, takesTemperature: takesTemperature)
                answer = try await api.post(body, to: "/messages", for: "content")
            } catch {
                guard takesTemperature, try mayGoWithoutTemperature(after: error) else { throw error.error.adding(refused) }
                self.takesTemperature.withLock { $0 = false }
                refused += error.error.usage
                continue
            }
            return try AnthropicMessage.chatResponse(answer.body, status: answer.status, paid: refused + answer.lost)
        }
    }

    private func mayGoWithoutTemperature(after failure: ProviderAPI.Failure) throws(LanguageModelError) -> Bool {
        guard failure.error.status == 400, failure.report?.isAbout("temperature") == true else { return false }
        if let temperature = settings.temperature, temperature != 1 {
            var error = failure.error
            error.message += " (leave temperature out of this model's settings)"
            throw error
        }
        return true
    }

    private static func combined(_ outcomes: [Outcome]) throws(LanguageModelError) -> ChatResponse {
        var responses: [ChatResponse] = []
        var errors: [LanguageModelError] = []
        for outcome in outcomes {
            switch outcome {
            case .success(let response): responses.append(response)
            case .failure(let error): errors.append(error)
            }
        }
        let usage = responses.reduce(Usage.zero) { $0 + $1.usage } + errors.reduce(Usage.zero) { $0 + $1.usage }
        if var response = responses.first {
            response.alternatives = responses.dropFirst().map(\.text)
            response.usage = usage
            return response
        }
        // Of several reasons, one that may pass.
        var error = errors.first(where: \.isRetryable) ?? errors[0]
        error.usage = usage
        throw error
    }
}
