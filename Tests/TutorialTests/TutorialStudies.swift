import Foundation
import Nightshift
import Testing

// begin own-metric
struct ShortAndRight: Metric {
    func score(_ example: Example, _ prediction: Prediction, trace: [TraceStep]?) async throws -> MetricScore {
        let answer = prediction["answer"]?.stringValue ?? ""
        guard normalizedText(answer) == normalizedText(example["answer"]?.stringValue ?? "") else {
            return MetricScore(score: 0, feedback: "wrong: \(answer)")
        }
        return MetricScore(score: answer.count <= 20 ? 1 : 0.5, feedback: "right")
    }
}
// end own-metric

private func evaluateProgram() async throws -> EvaluationResult {
    let qa = ChainOfThought("question -> answer")
    // begin evaluate
    let examples = [
        Example(fields: ["question": "Which river runs through Tarnwick?", "answer": "Ouvel"], inputKeys: ["question"]),
        Example(fields: ["question": "Who is the mayor of Holby?", "answer": "Edda Kerway"], inputKeys: ["question"]),
    ]
    let result = try await evaluate(qa, on: examples, metric: .exactMatch("answer"), concurrency: 4)
    print(result.score ?? 0, result.missing, result.usage.total.calls)
    // end evaluate
    return result
}

private func loadExamples(_ path: String) throws -> [Example] {
    // begin load-examples
    let examples = try Example.load(path, inputs: ["question"])
    // end load-examples
    return examples
}

private func stateFiles() async throws -> String {
    // begin state
    var qa = Compiled(ChainOfThought("question -> answer"))
    qa.state["predict"]?.instructions = "Answer with a name and nothing else."
    try qa.save(to: "qa.json")

    let loaded = try Compiled(ChainOfThought("question -> answer"), from: "qa.json")
    let answer = try await loaded(question: "Which river runs through Tarnwick?").answer
    // end state
    return answer
}

private func tool() async {
    // begin main
    await Nightshift.main(
        programs: [.init("support", Support.self), .init("trivia", Trivia.self, version: "2")],
        metrics: ["short_and_right": ShortAndRight()])
    // end main
}

@Suite(.serialized) struct TutorialStudies {
    private let model = FieldModel(["reasoning": "r", "answer": "the Ouvel."])

    @Test func evaluation() async throws {
        let result = try await withLanguageModel(model) { try await evaluateProgram() }
        #expect(result.score == 0.5)
        #expect(result.rows.map(\.score) == [1, 0])
        #expect(result.missing == 0)
        #expect(result.usage.total.calls == 2)
    }

    @Test func failuresAreNoScoresUnlessTheyAreTheProgramsOwn() async throws {
        let examples = ["a", "b", "c"].map { Example(fields: ["question": .string($0), "answer": "x"], inputKeys: ["question"]) }
        let model = FailingModel()
        let result = try await withLanguageModel(model) {
            try await evaluate(Predict("question -> answer"), on: examples, metric: .exactMatch("answer"))
        }
        #expect(result.rows.map(\.score) == [nil, 0, 1])
        #expect(result.missing == 1)
        #expect(result.score == 0.5)
        let judgeless = FunctionMetric { _, _ in throw MetricError("no label") }
        let unjudged = try await withLanguageModel(FieldModel(["answer": "x"])) {
            try await evaluate(Predict("question -> answer"), on: examples, metric: judgeless)
        }
        #expect(unjudged.score == nil)
        await #expect(throws: RunFailure.self) {
            try await withLanguageModel(FailingModel(refuses: true)) {
                try await evaluate(Predict("question -> answer"), on: examples, metric: .exactMatch("answer"))
            }
        }
    }

    @Test func ownMetric() async throws {
        let example = Example(fields: ["question": "?", "answer": "Ouvel"], inputKeys: ["question"])
        let score = try await ShortAndRight().score(example, Prediction(fields: ["answer": "the Ouvel"]), trace: nil)
        #expect(score == MetricScore(score: 1, feedback: "right"))
    }

    @Test func examplesFromAFile() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "examples-\(UUID()).jsonl").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("{\"question\": \"a\", \"answer\": \"b\"}\n{\"answer\": \"c\"}\n".utf8).write(to: URL(filePath: path))
        let error = #expect(throws: Diagnostics.self) { try loadExamples(path) }
        #expect(error?.description.contains("row 2 has no field 'question'") == true)
        try Data("{\"question\": \"a\", \"answer\": \"b\"}\n".utf8).write(to: URL(filePath: path))
        #expect(try loadExamples(path).map(\.labels) == [["answer": "b"]])
    }

    @Test func stateFilesKeepWhatWasCompiled() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tutorial-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let before = FileManager.default.currentDirectoryPath
        #expect(FileManager.default.changeCurrentDirectoryPath(folder.path))
        defer {
            _ = FileManager.default.changeCurrentDirectoryPath(before)
            try? FileManager.default.removeItem(at: folder)
        }
        #expect(try await withLanguageModel(model) { try await stateFiles() } == "the Ouvel.")
        #expect(model.asked.last?.messages.first?.content.contains("Answer with a name and nothing else.") == true)
        #expect(throws: Diagnostics.self) { try Compiled(Support(), from: "qa.json") }
    }

    @Test func aCompiledPartIsNotTunedAgain() async throws {
        struct Outer: Program {
            static let signature = try? Signature("question -> answer")
            let inner: Compiled<ChainOfThought>
            let check = Predict("answer -> answer_in_short")
            init() {
                inner = Compiled(ChainOfThought("question -> answer"))
            }
            func forward(_ inputs: JSONObject) async throws -> Prediction {
                let answer = try await inner(inputs)
                _ = try await check(answer: answer["answer"] ?? .null)
                return answer
            }
        }
        let host = SwiftProgram(Outer.self, name: "outer")
        #expect(host.predictors.map(\.path) == ["check"])
        let model = FieldModel(["reasoning": "r", "answer": "a", "answer_in_short": "s"])
        let result = await host.run(["question": "?"], in: RunContext(state: host.initialState, model: model))
        #expect(try result.outcome.get()["answer"] == "a")
        #expect(result.usage.total.calls == 2)
        #expect(result.trace.map(\.path) == ["check"])
    }

    /// Running it would end the process: it is enough that it compiles.
    @Test func anExecutableOfOnesOwn() { _ = tool }
}

/// Fails as an endpoint does for the question `a`, as an answer does for `b`.
private struct FailingModel: LanguageModel {
    var refuses = false

    func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
        if refuses { throw LanguageModelError(.authentication, "the key is wrong") }
        let prompt = request.messages.last?.content ?? ""
        if prompt.contains("## question ## ]]\na\n") { throw LanguageModelError(.transport, "no connection") }
        if prompt.contains("## question ## ]]\nb\n") { throw LanguageModelError(.contextWindow, "too long") }
        return ChatResponse(text: "[[ ## answer ## ]]\nx\n\n[[ ## completed ## ]]")
    }
}
