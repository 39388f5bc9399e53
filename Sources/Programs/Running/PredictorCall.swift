internal import JSON

/// One predictor with its present state, ready to be asked.
struct PredictorCall: Sendable {
    /// nil for a predictor that is not part of a program; its calls are not traced.
    var path: String?
    var signature: Signature
    var demos: [JSONObject] = []
    var model: any LanguageModel
    var temperature: Double?
    var rollout: UInt64?

    /// A call of the predictor at `path` of a program that runs in `context`.
    init(path: String, signature: Signature, context: RunContext) {
        let state = context.state[path]
        self.path = path
        self.signature = state.map { signature.with(instructions: $0.instructions) } ?? signature
        demos = (state?.demos ?? []).filter { demo in
            guard let row = context.excludeDemosLike, !row.isEmpty else { return true }
            return !row.allSatisfy { demo[$0.key] == $0.value }
        }
        model = context.model
        temperature = context.temperature
        rollout = context.rollout
    }

    /// A call outside any program.
    init(signature: Signature, model: any LanguageModel) {
        self.signature = signature
        self.model = model
    }

    func answer(_ inputs: JSONObject, recorder: RunRecorder?) async throws(RunFailure) -> JSONObject {
        do throws(RunFailure) {
            let given = try completed(inputs)
            let outputs = try await ask(given, recorder: recorder)
            if let path { recorder?.add(TraceStep(path: path, inputs: given, outputs: outputs)) }
            return outputs
        } catch {
            recorder?.note(error)
            throw error
        }
    }

    /// Only the signature's inputs, in its order, with defaults filled in.
    private func completed(_ inputs: JSONObject) throws(RunFailure) -> JSONObject {
        do throws(MissingInput) {
            return try signature.completed(inputs)
        } catch {
            throw RunFailure(
                fault: .program, kind: "missing_input", message: (path.map { "predictor '\($0)': " } ?? "") + error.description)
        }
    }

    private func ask(_ inputs: JSONObject, recorder: RunRecorder?) async throws(RunFailure) -> JSONObject {
        let adapter = ChatAdapter()
        let request = ChatRequest(
            messages: adapter.messages(signature, demos: demos, inputs: inputs), temperature: temperature, rollout: rollout)
        let response: ChatResponse
        do throws(LanguageModelError) {
            response = try await model.complete(request)
        } catch {
            recorder?.add(error.usage)
            throw RunFailure(fault: error.fault, kind: error.kind.rawValue, message: error.message)
        }
        recorder?.add(response.usage)
        do throws(UnparseableAnswer) {
            return try adapter.parse(response.text, for: signature)
        } catch {
            let cut = response.finishReason == "length" ? "; the answer was cut off at the token limit, raise max_tokens" : ""
            throw RunFailure(
                fault: .program, kind: "unparseable", message: (path.map { "predictor '\($0)': " } ?? "") + error.reason + cut,
                rawText: response.text)
        }
    }
}
