internal import JSON

/// What a predictor answered.
struct PredictorAnswer: Sendable, Hashable {
    var outputs: JSONObject
    /// All answers, the first included, where several were asked for.
    var completions: [JSONObject] = []
}

/// One question to a predictor in its present state.
struct PredictorCall: Sendable {
    let scope: RunScope
    /// nil for a predictor that is not part of the program; its calls are not traced.
    let path: String?
    /// With the instructions of the present state.
    let signature: Signature
    let demos: [JSONObject]
    /// Of its own; nil: the program's.
    let model: String?
    let adapter: Adapter
    /// How many answers are wanted.
    let count: Int
    /// Which of several answers counts; nil: the first.
    let choose: (@Sendable ([JSONObject]) -> JSONObject?)?

    init(
        _ predict: Predict, in scope: RunScope, count: Int = 1, choosing choose: (@Sendable ([JSONObject]) -> JSONObject?)? = nil
    ) {
        self.scope = scope
        self.count = count
        self.choose = choose
        path = scope.paths[ObjectIdentifier(predict.identity)]
        let state = path.flatMap { scope.context.state[$0] }
        var instructions = state?.instructions ?? predict.signature.instructions
        if let fixed = predict.fixedInstructions { instructions += "\n\n" + fixed }
        signature = predict.signature.with(instructions: instructions)
        model = state?.model
        demos = (state?.demos ?? predict.demos).filter { !scope.context.excludesDemo($0) }
        adapter = predict.adapter ?? scope.context.adapter
    }

    func answer(_ inputs: JSONObject) async throws(RunFailure) -> PredictorAnswer {
        do throws(RunFailure) {
            let given = try completed(inputs)
            let question = PredictorQuestion(path: path ?? "", inputs: given)
            let revision = scope.backtracking.revisions[question]
            let variant = scope.variant + ["\(count)", "\(revision?.count ?? 0)"] + (path == nil ? [signature.instructions] : [])
            // A failure of the program's own is an answer, too: code may catch it and go on.
            var answer = try await scope.replayed(.answer(question, variant: variant)) { () throws(RunFailure) in
                do throws(RunFailure) {
                    return Result<PredictorAnswer, RunFailure>.success(try await ask(given, revision: revision))
                } catch  where error.fault == .program {
                    return .failure(error)
                }
            }.get()
            answer.outputs = choose?(answer.completions) ?? answer.outputs
            if let path { scope.recorder.add(TraceStep(path: path, inputs: given, outputs: answer.outputs)) }
            return answer
        } catch {
            scope.recorder.note(error)
            throw error
        }
    }

    /// Only the signature's inputs, in its order, with defaults filled in.
    private func completed(_ inputs: JSONObject) throws(RunFailure) -> JSONObject {
        do throws(MissingInput) {
            return try signature.completed(inputs)
        } catch {
            throw RunFailure(fault: .program, kind: "missing_input", message: prefix + error.description)
        }
    }

    /// Says in a message which predictor it is about.
    var prefix: String { path.map { "predictor '\($0)': " } ?? "" }

    /// Puts the question; where the answer to the chat form does not parse, once more in the JSON form.
    private func ask(_ inputs: JSONObject, revision: Revision?) async throws(RunFailure) -> PredictorAnswer {
        var (signature, inputs) = (signature, inputs)
        if let revision {
            let (revised, values) = signature.revised(by: revision)
            (signature, inputs) = (revised, inputs.merging(values))
        }
        if let hints = scope.hints {
            let hint = Field(name: signature.freeName("hint_"), description: "A hint to the module from an earlier run")
            signature.inputs.append(hint)
            inputs[hint.name] = path.flatMap { hints[$0] } ?? "N/A"
        }
        let first = try await exchange(signature, inputs, as: adapter, retry: 0)
        switch (first, adapter) {
        case (.parsed(let answer), _): return answer
        case (.unparseable(let failure), .json): throw failure
        case (.unparseable(let failure), .chat):
            switch try await exchange(signature, inputs, as: .json, retry: 1) {
            case .parsed(let answer): return answer
            case .unparseable(var second):
                second.rawTexts = failure.rawTexts + second.rawTexts
                second.message = "\(failure.message); asked again for JSON: \(second.message)"
                throw second
            }
        }
    }
}
