internal import JSON

extension PredictorCall {
    /// What the answers to one request hold.
    enum Exchange {
        case parsed(PredictorAnswer)
        case unparseable(RunFailure)
    }

    /// Puts the question in one form.
    func exchange(
        _ signature: Signature, _ inputs: JSONObject, as adapter: Adapter, retry: Int
    ) async throws(RunFailure) -> Exchange {
        let context = scope.context
        var request = ChatRequest(
            messages: adapter.messages(signature, demos: shownDemos(inputs), inputs: inputs), temperature: context.temperature,
            rollout: context.rollout, count: count, retry: retry, model: model)
        // At a temperature near 0 all answers would be the same one.
        if count > 1, (request.temperature ?? 0) <= 0.15 { request.temperature = 0.7 }
        if adapter == .json {
            request.responseFormat = JSONAdapter().responseFormat(for: signature, support: context.model.responseFormats)
        }
        return read(try await responses(to: request), signature, adapter)
    }

    /// Leave-one-out at a step that is given nothing of the row itself: no trace of it may answer this very question.
    private func shownDemos(_ inputs: JSONObject) -> [JSONObject] {
        guard scope.context.excludeDemosLike != nil else { return demos }
        let names = Set(signature.inputs.map(\.name))
        return demos.filter { demo in
            let shared = inputs.filter { names.contains($0) && demo[$0] != nil }
            return demo["augmented"] != true || shared.isEmpty || !shared.allSatisfy { demo[$0.key] == $0.value }
        }
    }

    /// As many responses as it takes to have the answers that are wanted: some endpoints give one, whatever `n` says.
    private func responses(to request: ChatRequest) async throws(RunFailure) -> [ChatResponse] {
        let context = scope.context
        var request = request
        var responses: [ChatResponse] = []
        while request.count > 0 {
            do throws(LanguageModelError) {
                let response = try await context.model.complete(request)
                scope.recorder.add(UsageByRole(context.role, response.usage))
                responses.append(response)
                request.count -= response.texts.count
                if request.count > 0 { request.rollout = derived(request.rollout ?? 0, request.count) }
            } catch {
                scope.recorder.add(UsageByRole(context.role, error.usage))
                // What came counts.
                if error.fault == .program, !responses.isEmpty { break }
                // Whoever looks for a call in a record looks for its step.
                let step = error.kind == .notRecorded ? prefix : ""
                throw RunFailure(fault: error.fault, kind: error.kind.rawValue, message: step + error.message)
            }
        }
        return responses
    }

    /// Of several answers those that do not parse are left out, unless none does.
    private func read(_ responses: [ChatResponse], _ signature: Signature, _ adapter: Adapter) -> Exchange {
        let texts = responses.flatMap(\.texts).prefix(count)
        var completions: [JSONObject] = []
        var failure: UnparseableAnswer?
        for text in texts {
            do throws(UnparseableAnswer) { completions.append(try adapter.parse(text, for: signature)) } catch {
                failure = failure ?? error
            }
        }
        if let outputs = completions.first {
            return .parsed(PredictorAnswer(outputs: outputs, completions: count > 1 ? completions : []))
        }
        let cut = responses.first?.finishReason == "length" ? "; the answer was cut off at the token limit, raise max_tokens" : ""
        return .unparseable(
            RunFailure(
                fault: .program, kind: "unparseable", message: prefix + (failure?.reason ?? "no answer") + cut,
                rawTexts: Array(texts)))
    }
}

extension ChatResponse {
    fileprivate var texts: [String] { [text] + alternatives }
}
