internal import FoundationEssentials
package import HTTP
internal import JSON
package import Programs
internal import Synchronization

/// A model behind OpenAI's chat completions API, at OpenAI or at any server that speaks it.
///
/// One attempt per call, but for one case: an endpoint that refuses `response_format` is asked again with the next lower
/// form, and the model keeps to that. Usage covers the refused attempts. A server that ignores `n` gives one answer.
package final class OpenAIChat: LanguageModel {
    package let settings: LanguageModelSettings
    private let api: ProviderAPI
    private let formats: Mutex<ResponseFormats>

    package init(
        settings: LanguageModelSettings, environment: [String: String] = ProcessInfo.processInfo.environment,
        transport: HTTPTransport = .shared, gate: CallGate? = nil, account: CallAccount? = nil, latencies: LatencyRecord? = nil
    ) {
        self.settings = settings
        api = ProviderAPI(
            settings, environment: environment, transport: transport, gate: gate, account: account, latencies: latencies)
        formats = Mutex(ResponseFormats(settings.responseFormat))
    }

    package var responseFormats: ResponseFormatSupport { formats.withLock { $0.support } }

    package func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
        let settings = try settings.asking(request.model)
        var refused = Usage.zero
        while true {
            let form = formats.withLock { $0.form(for: request.responseFormat) }
            let answer: ProviderAPI.Answer
            do throws(ProviderAPI.Failure) {
                let body = OpenAICompletion.body(of: request, form, settings)
                answer = try await api.post(body, to: "/chat/completions", for: "choices")
            } catch {
                guard let form, try lower(form, after: error) else { throw error.error.adding(refused) }
                refused += error.error.usage
                continue
            }
            return try OpenAICompletion.chatResponse(answer.body, status: answer.status, paid: refused + answer.lost)
        }
    }

    /// Whether the request is to be put again in a lower form, because the endpoint refused `form`.
    private func lower(_ form: ResponseFormat, after failure: ProviderAPI.Failure) throws(LanguageModelError) -> Bool {
        guard let report = failure.report, [400, 422].contains(failure.error.status), report.isAboutResponseFormat,
            [.invalidRequest, .unknownModel].contains(failure.error.kind)
        else { return false }
        guard settings.responseFormat == .auto else {
            var error = failure.error
            error.kind = .unknownModel
            error.message += " (response_format: \(settings.responseFormat.rawValue) is set; auto would ask for less)"
            throw error
        }
        formats.withLock { $0.refused(form, onlyThisSchema: report.isAboutOneSchema) }
        return true
    }
}
