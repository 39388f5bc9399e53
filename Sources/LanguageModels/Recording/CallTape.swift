internal import JSON
package import Programs

/// What becomes of the LM calls of a process beside being made.
package enum CallTape: Sendable {
    /// They are made, and written down.
    case recording(CallRecorder)
    /// They are answered as they were then, and none is made.
    case replaying(CallRecord)

    package func model(_ model: any LanguageModel, _ settings: LanguageModelSettings, _ role: Role) -> any LanguageModel {
        TapedModel(model: model, settings: settings, role: role, tape: self)
    }

    package func embeddings(_ model: any EmbeddingModel, _ settings: LanguageModelSettings) -> any EmbeddingModel {
        TapedEmbeddings(model: model, settings: settings, tape: self)
    }
}

/// A model whose calls are on tape. It stands before the cache: a record has all that a study asks, paid for or not.
private struct TapedModel: LanguageModel {
    let model: any LanguageModel
    let settings: LanguageModelSettings
    let role: Role
    let tape: CallTape

    /// What the settings allow, as without a cache the endpoint's refusals would decide, which a record does not know.
    var responseFormats: ResponseFormatSupport { settings.allowedFormats }

    func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
        let key = try CallKey(request, settings)
        func call(_ ending: RecordedCall.Ending, _ usage: Usage) -> RecordedCall {
            RecordedCall(
                key: key, role: role, settings, model: request.model, request: request.recorded(settings), ending: ending,
                usage: usage)
        }
        switch tape {
        case .recording(let recorder):
            do throws(LanguageModelError) {
                let response = try await model.complete(request)
                recorder.record(call(.answer(CachedAnswer(response)), response.usage))
                return response
            } catch {
                if error.fault == .program { recorder.record(call(.failure(error), error.usage)) }
                throw error
            }
        case .replaying(let record):
            let (answer, usage) = try record.answer(key) { call(.answer(CachedAnswer(texts: [])), .zero) }
            return answer.response(usage)
        }
    }
}

/// An embedding model whose calls are on tape, text by text.
private struct TapedEmbeddings: EmbeddingModel {
    let model: any EmbeddingModel
    let settings: LanguageModelSettings
    let tape: CallTape

    func embed(_ texts: [String]) async throws(LanguageModelError) -> EmbeddingResponse {
        func call(_ text: String, _ answer: CachedAnswer, _ usage: Usage) -> RecordedCall {
            RecordedCall(
                key: CallKey(embedding: text, settings), role: .embedding, settings, request: .string(text),
                ending: .answer(answer), usage: usage)
        }
        switch tape {
        case .recording(let recorder):
            let response = try await model.embed(texts)
            guard response.vectors.count == texts.count else { return response }
            for (position, (text, vector)) in zip(texts, response.vectors).enumerated() {
                // What the texts took together stands with the first.
                let usage = position == 0 ? response.usage : Usage(cached: 1)
                recorder.record(call(text, CachedAnswer(texts: [CachingEmbeddings.text(vector)]), usage))
            }
            return response
        case .replaying(let record):
            var response = EmbeddingResponse(vectors: [])
            for text in texts {
                let (answer, usage) = try record.answer(CallKey(embedding: text, settings)) {
                    call(text, CachedAnswer(texts: []), .zero)
                }
                guard let vector = CachingEmbeddings.vector(answer) else {
                    throw LanguageModelError(.malformedResponse, "a recorded embedding can't be read")
                }
                response.vectors.append(vector)
                response.usage += usage
            }
            return response
        }
    }
}
