internal import FoundationEssentials
package import HTTP
internal import JSON
package import Programs

/// A model behind OpenAI's embeddings API, at OpenAI or at any server that speaks it.
///
/// Texts go out in batches, several at a time, and a batch that fails is sent again by itself. Usage covers all attempts.
package struct OpenAIEmbeddings: EmbeddingModel {
    private typealias Outcome = Result<EmbeddingResponse, LanguageModelError>
    private static let batchesAtOnce = 4

    package let settings: LanguageModelSettings
    private let api: ProviderAPI
    private let retrying: Retrying

    package init(
        settings: LanguageModelSettings, environment: [String: String] = ProcessInfo.processInfo.environment,
        transport: HTTPTransport = .shared, gate: CallGate? = nil, account: CallAccount? = nil, policy: RetryPolicy? = nil,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.settings = settings
        api = ProviderAPI(settings, environment: environment, transport: transport, gate: gate, account: account)
        retrying = Retrying(policy: policy ?? RetryPolicy(settings), sleep: sleep)
    }

    /// An error carries the usage of all batches, also of those that succeeded.
    package func embed(_ texts: [String]) async throws(LanguageModelError) -> EmbeddingResponse {
        let failed = { (outcome: Outcome) in if case .failure = outcome { true } else { false } }
        let outcomes = await concurrentMap(OpenAIEmbedding.batches(texts), width: Self.batchesAtOnce, until: failed) {
            [self] batch -> Outcome in
            do throws(LanguageModelError) {
                var (response, lost) = try await retrying { () async throws(LanguageModelError) in try await embed(batch: batch) }
                response.usage += lost
                return .success(response)
            } catch {
                return .failure(error)
            }
        }
        return try Self.combined(outcomes)
    }

    private func embed(batch: [String]) async throws(LanguageModelError) -> EmbeddingResponse {
        let answer: ProviderAPI.Answer
        do throws(ProviderAPI.Failure) {
            answer = try await api.post(OpenAIEmbedding.body(of: batch, settings), to: "/embeddings", for: "data")
        } catch {
            throw error.error
        }
        return try OpenAIEmbedding.response(answer.body, count: batch.count, status: answer.status)
    }

    private static func combined(_ outcomes: [Outcome]) throws(LanguageModelError) -> EmbeddingResponse {
        var all = EmbeddingResponse(vectors: [])
        var failures: [LanguageModelError] = []
        for outcome in outcomes {
            switch outcome {
            case .success(let response):
                all.vectors += response.vectors
                all.usage += response.usage
            case .failure(let error):
                failures.append(error)
                all.usage += error.usage
            }
        }
        // The others were only cancelled on account of the one that failed.
        if var error = failures.first(where: { $0.kind != .cancelled }) ?? failures.first {
            error.usage = all.usage
            throw error
        }
        if let length = all.vectors.first?.count, let odd = all.vectors.first(where: { $0.count != length }) {
            throw LanguageModelError(
                .malformedResponse, "the embeddings differ in length: \(length) and \(odd.count)", usage: all.usage)
        }
        return all
    }
}
