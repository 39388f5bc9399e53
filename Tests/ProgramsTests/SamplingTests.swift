import JSON
import Testing

@testable import Programs

@Suite struct SamplingTests {
    /// The length of the answer, by which the tests rate it.
    private static let length: @Sendable (JSONObject, Prediction) async throws -> Double = { _, answer in
        Double(answer["answer"]?.stringValue?.count ?? 0)
    }

    /// Answers try `i` with the i-th text; nil: with what can't be read.
    private static func model(_ answers: [String?]) -> ScriptedModel {
        ScriptedModel { request in
            guard let text = answers[Int(request.rollout ?? 0)] else { return "nonsense" }
            return answer(["answer": text])
        }
    }

    private func run(_ module: any Module, _ model: any LanguageModel, rollout: UInt64? = nil) async -> RunResult {
        await SwiftProgram(module, name: "p").run(["question": "q"], with: model, rollout: rollout)
    }

    private let ask = Predict("question -> answer")

    // MARK: BestOfN

    @Test func theBestIsKept() async throws {
        let model = Self.model(["a", "abc", "xyz", "ab"])
        let program = SwiftProgram(BestOfN(ask, n: 4, threshold: 9, reward: Self.length), name: "p")
        #expect(program.predictors.map(\.path) == ["module"] && program.inputNames == ["question"])
        let result = await program.run(["question": "q"], with: model)
        // Of equals the earlier one.
        #expect(try result.outcome.get()["answer"] == "abc")
        #expect(result.trace.map(\.outputs) == [["answer": "abc"]] && result.calls == 4)
        #expect(model.asked.map(\.rollout) == [0, 1, 2, 3] && model.asked.allSatisfy { $0.temperature == 1 })
    }

    @Test func theFirstGoodOneIsEnough() async throws {
        let model = Self.model(["a", "abc", "abcd"])
        let result = await run(BestOfN(ask, n: 3, threshold: 3, reward: Self.length), model)
        #expect(try result.outcome.get()["answer"] == "abc" && model.asked.count == 2)
    }

    @Test func eachRolloutHasItsOwnTries() async throws {
        let model = ScriptedModel { _ in answer(["answer": "a"]) }
        for rollout in [1, 1, 2] as [UInt64] {
            _ = await run(BestOfN(ask, n: 2, threshold: 9, reward: Self.length), model, rollout: rollout)
        }
        let rollouts = model.asked.compactMap(\.rollout)
        #expect(rollouts[0...1] == rollouts[2...3] && Set(rollouts).count == 4)
    }

    @Test func triesWithinTries() async throws {
        let model = ScriptedModel { _ in answer(["answer": "a"]) }
        let inner = BestOfN(ask, n: 2, threshold: 9, reward: Self.length)
        let result = await run(BestOfN(inner, n: 2, threshold: 9, reward: Self.length), model)
        #expect(Set(model.asked.map(\.rollout)).count == 4 && result.calls == 4 && result.trace.map(\.path) == ["module.module"])
    }

    @Test func failedTriesAreLost() async throws {
        // Unreadable answers cost two calls each.
        let some = await run(BestOfN(ask, n: 3, reward: Self.length), Self.model([nil, nil, "a"]))
        #expect(try some.outcome.get()["answer"] == "a" && some.calls == 5)
        let none = await run(BestOfN(ask, n: 3, reward: Self.length), Self.model([nil, nil, nil]))
        #expect(none.failure?.kind == "unparseable" && none.calls == 6)
        let first = await run(BestOfN(ask, n: 3, threshold: 9, reward: Self.length), Self.model(["a", nil, nil]))
        #expect(try first.outcome.get()["answer"] == "a" && first.calls == 5)
    }

    @Test func theFailureLimit() async throws {
        let best = BestOfN(ask, n: 3, failureLimit: 1, reward: Self.length)
        #expect(try await run(best, Self.model([nil, "a", "b"])).outcome.get()["answer"] == "a")
        let model = Self.model([nil, nil, "b"])
        #expect(await run(best, model).failure?.kind == "unparseable" && model.asked.count == 4)
        // It counts anew in every call.
        #expect(try await run(best, Self.model([nil, "a", "b"])).outcome.get()["answer"] == "a")
    }

    @Test func aRewardThatFailsLosesTheTry() async throws {
        struct Trouble: Error {}
        let best = BestOfN(ask, n: 3, threshold: 9) { _, answer in
            switch answer["answer"] {
            case "a": throw Trouble()
            case "b": return .nan
            default: return 0
            }
        }
        #expect(try await run(best, Self.model(["a", "b", "c"])).outcome.get()["answer"] == "c")
        #expect(await run(best, Self.model(["a", "a", "b"])).failure?.kind == "reward")
        // Any reward is better than none.
        let worst = BestOfN(ask, n: 2, threshold: 9) { _, _ in -.infinity }
        #expect(try await run(worst, Self.model([nil, "b"])).outcome.get()["answer"] == "b")
    }

    @Test func missingDataEndsTheTries() async throws {
        let model = ScriptedModel { request throws(LanguageModelError) in
            if request.rollout == 1 { throw LanguageModelError(.rateLimited, "wait", usage: Usage(attempts: 1)) }
            return answer(["answer": "a"])
        }
        let result = await run(BestOfN(ask, n: 3, threshold: 9, reward: Self.length), model)
        #expect(result.failure?.fault == .infrastructure && model.asked.count == 2 && result.usage.total.attempts == 2)
    }

    @Test func aRewardMayAskTheModel() async throws {
        let judge = Predict("answer -> score: float")
        let model = ScriptedModel { request in
            request.wants("score")
                ? answer(["score": request.input("answer") == "b" ? "1" : "0"])
                : answer(["answer": request.rollout == 1 ? "b" : "a"])
        }
        let best = BestOfN(ask, n: 3) { _, answer in
            try await judge(answer.fields)["score"]?.doubleValue ?? 0
        }
        let result = await run(best, model)
        #expect(try result.outcome.get()["answer"] == "b")
        #expect(result.calls == 4 && result.trace.map(\.path) == ["module"])
        // The judge is no draw of the answer.
        #expect(model.asked.filter { $0.wants("score") }.allSatisfy { $0.temperature == nil && $0.rollout == nil })
    }

    @Test func outsideAProgram() async throws {
        let best = BestOfN(ask, n: 3, threshold: 2, reward: Self.length)
        let prediction = try await withLanguageModel(Self.model(["a", "bc", "d"])) { try await best(["question": "q"]) }
        #expect(prediction["answer"] == "bc")
    }

    // MARK: Refine

    struct TwoSteps: Module {
        let plan = Predict("question -> plan")
        let solve = Predict("plan -> answer")
        func forward(_ inputs: JSONObject) async throws -> Prediction { try await solve(try await plan(inputs).fields) }
    }

    private static func advised(_ advice: String?) -> ScriptedModel {
        ScriptedModel { request in
            if request.wants("advice") { return advice.map { answer(["discussion": "d", "advice": $0]) } ?? "nonsense" }
            return request.wants("plan")
                ? answer(["plan": request.input("hint_") ?? "none"]) : answer(["answer": request.input("hint_") ?? "none"])
        }
    }

    @Test func adviceReachesThePredictors() async throws {
        let model = Self.advised(#"{"module.solve": "be brief", "other": "x"}"#)
        let refine = Refine(TwoSteps(), n: 2, threshold: 0.5, goal: "brevity") { _, answer in
            answer["answer"] == "be brief" ? 1 : 0
        }
        let program = SwiftProgram(refine, name: "p")
        #expect(program.predictors.map(\.path) == ["module.plan", "module.solve"])
        let result = await program.run(["question": "q"], with: model)
        #expect(try result.outcome.get()["answer"] == "be brief")
        // Two tries of two calls, and one for the advice between them.
        #expect(result.calls == 5 && result.trace.map(\.path) == ["module.plan", "module.solve"])
        // A predictor to which no advice was given; the trace knows nothing of hints.
        #expect(result.trace[0].outputs == ["plan": "N/A"] && result.trace[0].inputs == ["question": "q"])
        let advice = try #require(model.asked.first { $0.wants("advice") })
        #expect(advice.input("goal") == "brevity" && advice.input("reward") == "0.0" && advice.input("wanted_reward") == "0.5")
        #expect(advice.input("trajectory")?.contains(#""path": "module.solve""#) == true)
        #expect(advice.input("program")?.contains("module.plan: question -> plan") == true)
        #expect(advice.input("predictors")?.contains("module.solve") == true)
        #expect(model.asked[3].messages[0].content.contains("`hint_`") && !model.asked[0].messages[0].content.contains("`hint_`"))
    }

    @Test func withoutAdviceTheTriesGoOn() async throws {
        let model = Self.advised(nil)
        let result = await run(Refine(TwoSteps(), n: 3) { _, _ in 0 }, model)
        #expect(try result.outcome.get()["answer"] == "none")
        // Each of the two questions for advice is put a second time, for JSON.
        #expect(result.calls == 6 + 4)
    }

    @Test func aFailedTryIsAdvisedOn() async throws {
        let model = ScriptedModel { request in
            if request.wants("advice") { return answer(["discussion": "d", "advice": #"{"module.predict": "be good"}"#]) }
            return answer(["answer": request.input("hint_") == "be good" ? "good" : "bad"])
        }
        let result = await run(Refine(NestedAssertionTests.CheckedAnswer(), n: 2) { _, _ in 1 }, model)
        #expect(try result.outcome.get()["answer"] == "good")
        let advice = try #require(model.asked.first { $0.wants("advice") })
        #expect(advice.input("outcome") == "The program failed: be good")
        #expect(result.assertions.isEmpty)
    }

    @Test func missingDataWhileAdvisingEndsTheRun() async throws {
        let model = ScriptedModel { request throws(LanguageModelError) in
            if request.wants("advice") { throw LanguageModelError(.billing, "no credit") }
            return answer(["answer": "a"])
        }
        let result = await run(Refine(ask, n: 2) { _, _ in 0 }, model)
        #expect(result.failure?.fault == .refused && result.calls == 1 && result.trace.count == 1)
    }

    @Test func refineOutsideAProgram() async throws {
        let model = Self.advised(#"{"module.plan": "p", "module.solve": "be brief"}"#)
        let refine = Refine(TwoSteps(), n: 2) { _, answer in answer["answer"] == "be brief" ? 1 : 0 }
        let prediction = try await withLanguageModel(model) { try await refine(["question": "q"]) }
        #expect(prediction["answer"] == "be brief")
    }

    // MARK: Comparison and majority

    @Test func comparison() async throws {
        let compare = MultiChainComparison("question -> answer", attempts: 2)
        let program = SwiftProgram(compare, name: "p")
        #expect(program.predictors.map(\.path) == ["predict"])
        #expect(program.inputNames == ["question", "completions"] && program.outputNames == ["answer"])
        #expect(
            program.predictors[0].signature.shorthand == "question, reasoning_attempt_1, reasoning_attempt_2 -> rationale, answer"
        )
        let model = ScriptedModel.echoing()
        let inputs: JSONObject = [
            "question": "q",
            "completions": [["reasoning": " first\nmore", "answer": "a\nb"], ["rationale": "second", "answer": 7]],
        ]
        let result = await program.run(inputs, with: model)
        #expect(try result.outcome.get()["answer"] == "answer!")
        #expect(model.asked[0].temperature == 0.7)
        #expect(result.trace[0].inputs["reasoning_attempt_1"] == "«I'm trying to first I'm not sure but my prediction is a»")
        #expect(result.trace[0].inputs["reasoning_attempt_2"] == "«I'm trying to second I'm not sure but my prediction is 7»")
        let short = await program.run(["question": "q", "completions": [[:]]], with: model)
        #expect(short.failure?.message == "a comparison of 2 attempts got 1; give it as many as it expects")
        #expect(await program.run(["question": "q"], with: model).failure?.kind == "missing_input")
        #expect(throws: SignatureError.self) { try MultiChainComparison(Signature("question -> rationale")) }
    }

    @Test func majorities() {
        func completions(_ answers: [JSON]) -> [JSONObject] {
            answers.enumerated().map { ["n": .int($0.offset), "answer": $0.element] }
        }
        #expect(majority(completions(["b", "The a.", "A!", "a"]))?["n"] == 0)
        #expect(majority(completions(["b", "The cat.", "cat", "c"]))?["n"] == 1)
        // Ties go to the earliest; answers without a word do not vote.
        #expect(majority(completions(["x", "y", "y", "x"]))?["n"] == 0)
        #expect(majority(completions(["", "", "y", .null]))?["n"] == 2)
        #expect(majority(completions(["", "the"]))?["n"] == 0)
        #expect(majority(completions(["Cat", "cat", "cat", "The cat"]), normalize: false)?["n"] == 1)
        #expect(majority(completions(["x", "y", "x"]), field: "n")?["n"] == 0)
        #expect(majority([["answer": 3], ["answer": 4], ["answer": 4]])?["answer"] == 4)
        #expect(majority([["other": 1], ["answer": "x"]], field: "answer")?["answer"] == "x")
        #expect(majority([]) == nil)
    }
}
