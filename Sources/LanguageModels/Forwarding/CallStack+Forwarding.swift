package import JSON
package import Programs
internal import Synchronization

extension CallStack {
    /// Makes a call of a program that is not ours, as all calls are made: from the cache, else when the limits allow it.
    ///
    /// - Parameters:
    ///   - handOn: told the data of each event of a streamed answer, in OpenAI's form, as it arrives, but for the last
    ///     (`[DONE]`); an answer that is there already comes as events, too.
    ///   - longestHold: how long the call waits for an endpoint that is away; nil: until it is back.
    /// - Returns: the whole answer in OpenAI's form, also of a streamed one.
    package func forward(
        _ call: ForwardedCall, to settings: LanguageModelSettings, for origin: CallOrigin, isCached: Bool = true,
        longestHold: Duration? = nil, handOn: (@Sendable (String) -> Void)? = nil
    ) async throws(LanguageModelError) -> (answer: JSON, usage: Usage) {
        var call = call
        call.limit(to: settings)
        let forwarding = Forwarding(call, settings, for: origin, self, heldUntil: longestHold.map { .now + $0 })
        guard isCached, let cache else { return try await forwarding.make(handOn) }
        let key = CallKey(forwarded: call.kind.rawValue, call.body, settings)
        let begun = Atomic(false)
        let (answer, usage) = try await cache.answer(key) { () async -> AnswerCache.Outcome in
            do throws(LanguageModelError) {
                begun.store(true, ordering: .relaxed)
                let (answer, usage) = try await forwarding.make(handOn)
                return .success((CachedAnswer(forwarded: answer, usage), usage))
            } catch {
                return .failure(error)
            }
        } archived: { answer in
            ArchivedAnswer(key: key, answer: answer, origin: origin, model: settings.fullName, endpoint: settings.baseURL)
        }
        guard let text = answer.texts.first, let json = try? JSON(parsing: text) else {
            throw LanguageModelError(.malformedResponse, "the cached answer cannot be read")
        }
        // Whoever made the call was handed the parts as they came.
        if let handOn, !begun.load(ordering: .relaxed) {
            for part in StreamedCompletion.parts(of: json, withUsage: call.wantsUsage) { handOn(part.serialized()) }
        }
        return (json, usage)
    }
}

extension CachedAnswer {
    /// The answer as it came: programs that are not ours may look at any part of it.
    fileprivate init(forwarded answer: JSON, _ usage: Usage) {
        self.init(
            texts: [answer.serialized()], promptTokens: usage.promptTokens, completionTokens: usage.completionTokens)
    }
}

extension CallStack {
    /// The names of the models that an endpoint has, as it lists them.
    package func models(at settings: LanguageModelSettings) async throws(LanguageModelError) -> [String] {
        let api = ProviderAPI(settings, environment: environment, transport: transport)
        do throws(ProviderAPI.Failure) {
            let list = try await api.get("/models", for: "data").body
            return (list["data"]?.arrayValue ?? []).compactMap { $0["id"]?.stringValue }
        } catch {
            throw error.error
        }
    }
}
