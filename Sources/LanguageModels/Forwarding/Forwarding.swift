internal import JSON
internal import Programs

/// Makes one call of a program that is not ours, with retries. Usage covers all attempts.
struct Forwarding: Sendable {
    private let call: ForwardedCall
    private let settings: LanguageModelSettings
    private let stack: CallStack
    private let account: CallAccount?
    /// Until when the call is held for an endpoint that is away; nil: until it is back.
    private let heldUntil: ContinuousClock.Instant?

    init(
        _ call: ForwardedCall, _ settings: LanguageModelSettings, for origin: CallOrigin, _ stack: CallStack,
        heldUntil: ContinuousClock.Instant?
    ) {
        self.heldUntil = heldUntil
        account = stack.account(of: origin)
        self.call = call
        self.settings = settings
        self.stack = stack
    }

    func make(_ handOn: (@Sendable (String) -> Void)?) async throws(LanguageModelError) -> (answer: JSON, usage: Usage) {
        switch settings.provider {
        case .openai: return try await sendOn(handOn)
        case .anthropic: return try await translate(handOn)
        }
    }

    /// The endpoint speaks the caller's language.
    private func sendOn(_ handOn: (@Sendable (String) -> Void)?) async throws(LanguageModelError) -> (answer: JSON, usage: Usage) {
        let api = ProviderAPI(
            settings, environment: stack.environment, transport: stack.transport, gate: stack.gates.gate(settings),
            heldUntil: heldUntil, account: account)
        let retrying = Retrying(policy: RetryPolicy(settings)) { try await Task.sleep(for: $0) }
        let (outcome, lost) = try await retrying { () async throws(LanguageModelError) -> Result<JSON, LanguageModelError> in
            guard call.isStreamed, let handOn else { return .success(try await whole(api)) }
            let receiver = StreamReceiver(wantsUsage: call.wantsUsage, handOn: handOn)
            do throws(LanguageModelError) {
                return .success(try await stream(api, receiver))
            } catch {
                // The caller has seen a part of this answer; another would not go on where it broke off.
                if receiver.hasBegun { return .failure(error) }
                throw error
            }
        }
        let answer = try outcome.get()
        return (answer, lost + Self.usage(of: answer))
    }

    private func whole(_ api: ProviderAPI) async throws(LanguageModelError) -> JSON {
        do throws(ProviderAPI.Failure) {
            let body = call.body(model: settings.model, isStreamed: false)
            switch call.kind {
            case .chat: return try checked(await api.post(body, to: "/chat/completions", for: "choices").body)
            case .embeddings: return try checked(await api.post(body, to: "/embeddings", for: "data").body)
            }
        } catch {
            throw error.error
        }
    }

    /// What is no answer must not be kept as one.
    private func checked(_ answer: JSON) throws(ProviderAPI.Failure) -> JSON {
        let parts = answer[call.kind == .chat ? "choices" : "data"]?.arrayValue ?? []
        guard !parts.isEmpty, parts.allSatisfy({ $0["finish_reason"] != "error" }) else {
            let message = "\(settings.baseURL) answered without an answer: \(String(answer.serialized().prefix(200)))"
            throw ProviderAPI.Failure(
                error: LanguageModelError(.malformedResponse, message, status: 200, usage: Usage(calls: 1, attempts: 1)))
        }
        return answer
    }

    private func stream(_ api: ProviderAPI, _ receiver: StreamReceiver) async throws(LanguageModelError) -> JSON {
        do throws(ProviderAPI.Failure) {
            let body = call.body(model: settings.model, isStreamed: true)
            return try await api.stream(body, to: "/chat/completions", receiver: receiver.take, end: receiver.end).body
        } catch {
            throw error.error
        }
    }

    /// The endpoint speaks another language: what can be said in both is translated, anything else refused.
    private func translate(
        _ handOn: (@Sendable (String) -> Void)?
    ) async throws(LanguageModelError) -> (answer: JSON, usage: Usage) {
        let request = try ChatRequest(call)
        let messages = AnthropicMessages(
            settings: settings, environment: stack.environment, transport: stack.transport, gate: stack.gates.gate(settings),
            heldUntil: heldUntil, account: account)
        let response = try await RetryingModel(messages, policy: RetryPolicy(settings)).complete(request)
        let answer = OpenAICompletion.json(of: response, model: settings.model)
        if let handOn {
            for part in StreamedCompletion.parts(of: answer, withUsage: call.wantsUsage) { handOn(part.serialized()) }
        }
        return (answer, response.usage)
    }

    private static func usage(of answer: JSON) -> Usage {
        let counts = answer["usage"]
        return Usage(
            calls: 1, attempts: 1, promptTokens: counts?["prompt_tokens"]?.intValue ?? counts?["total_tokens"]?.intValue ?? 0,
            completionTokens: counts?["completion_tokens"]?.intValue ?? 0)
    }
}
