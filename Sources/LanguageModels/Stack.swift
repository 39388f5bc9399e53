internal import FoundationEssentials
package import HTTP
package import JSON
package import Programs

/// What every LM call of a process passes: cache → retries → ledger → limits → transport.
package struct CallStack: Sendable {
    /// nil: every call is made.
    package let cache: AnswerCache?
    /// Books the calls of studies; nil: nobody counts them.
    package let ledger: CallLedger?
    /// What limits the calls of each model.
    package let gates: CallGates
    let environment: [String: String]
    let transport: HTTPTransport

    package init(
        cache: AnswerCache? = nil, ledger: CallLedger? = nil, gates: CallGates = CallGates(),
        environment: [String: String] = ProcessInfo.processInfo.environment, transport: HTTPTransport = .shared
    ) {
        self.cache = cache
        self.ledger = ledger
        self.gates = gates
        self.environment = environment
        self.transport = transport
    }

    /// The model that the settings describe.
    /// - Parameter isCached: whether its answers may come from the cache, and go there.
    package func model(_ settings: LanguageModelSettings, for origin: CallOrigin, isCached: Bool = true) -> any LanguageModel {
        let model = languageModel(
            settings, environment: environment, transport: transport, gate: gates.gate(settings), account: account(of: origin),
            latencies: settings.hedges ? gates.latencies(settings, origin.role) : nil)
        guard isCached, let cache else { return model }
        return CachingModel(model, settings, cache: cache, origin: origin)
    }

    /// The embedding model that the settings describe.
    ///
    /// - Throws: ``Diagnostic`` at `model` where the provider has none.
    package func embeddings(
        _ settings: LanguageModelSettings, for origin: CallOrigin, isCached: Bool = true
    ) throws(Diagnostic) -> any EmbeddingModel {
        let model = try embeddingModel(
            settings, environment: environment, transport: transport, gate: gates.gate(settings), account: account(of: origin))
        guard isCached, let cache else { return model }
        return CachingEmbeddings(model, settings, cache: cache, origin: origin)
    }

    /// Calls outside of any study are booked nowhere. An account is a study's and a role's, whichever trial calls.
    func account(of origin: CallOrigin) -> CallAccount? {
        var payer = origin
        payer.trial = nil
        return origin.study == nil ? nil : ledger.map { CallAccount($0, payer) }
    }
}

/// The model that the settings describe: its provider's API, with retries, over a transport that all models share.
/// - Parameter latencies: what its answers took: late requests are sent again; nil: never.
package func languageModel(
    _ settings: LanguageModelSettings, environment: [String: String] = ProcessInfo.processInfo.environment,
    transport: HTTPTransport = .shared, gate: CallGate? = nil, account: CallAccount? = nil, latencies: LatencyRecord? = nil
) -> any LanguageModel {
    let model: any LanguageModel =
        switch settings.provider {
        case .openai:
            OpenAIChat(
                settings: settings, environment: environment, transport: transport, gate: gate, account: account,
                latencies: latencies)
        case .anthropic:
            AnthropicMessages(
                settings: settings, environment: environment, transport: transport, gate: gate, account: account,
                latencies: latencies)
        }
    return RetryingModel(model, policy: RetryPolicy(settings))
}

/// The embedding model that the settings describe, with retries.
///
/// - Throws: ``Diagnostic`` at `model` where the provider has none.
package func embeddingModel(
    _ settings: LanguageModelSettings, environment: [String: String] = ProcessInfo.processInfo.environment,
    transport: HTTPTransport = .shared, gate: CallGate? = nil, account: CallAccount? = nil
) throws(Diagnostic) -> any EmbeddingModel {
    switch settings.provider {
    case .openai:
        return OpenAIEmbeddings(settings: settings, environment: environment, transport: transport, gate: gate, account: account)
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
