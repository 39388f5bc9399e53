import JSON
import Testing

@testable import Programs

/// Assertions within and after modules that run parts of a program in their own way.
@Suite struct NestedAssertionTests {
    private func run(_ module: any Module, _ model: ScriptedModel) async -> RunResult {
        await SwiftProgram(module, name: "p").run(["question": "q"], with: model)
    }

    struct CheckedAnswer: Module {
        let predict = Predict("question -> answer")
        func forward(_ inputs: JSONObject) async throws -> Prediction {
            let answer = try await predict(inputs)
            try Programs.assert(that: answer["answer"] != "bad", "be good")
            return answer
        }
    }

    @Test func insideATryAnAssertionLosesTheTry() async throws {
        let model = ScriptedModel { answer(["answer": $0.rollout == 2 ? "good" : "bad"]) }
        let result = await run(BestOfN(CheckedAnswer(), n: 3) { _, _ in 1 }, model)
        #expect(try result.outcome.get()["answer"] == "good")
        #expect(result.assertions.isEmpty && model.asked.count == 3 && result.calls == 3)
        #expect(result.trace.map(\.outputs) == [["answer": "good"]])
        #expect(model.asked.allSatisfy { $0.input("feedback") == nil })
        let lost = await run(BestOfN(CheckedAnswer(), n: 2) { _, _ in 1 }, ScriptedModel { _ in answer(["answer": "bad"]) })
        #expect(lost.failure?.kind == "assertion" && lost.assertions.failedAsserts == 1 && lost.trace.count == 1)
    }

    /// An assertion about the best answer.
    struct AfterTries: Program {
        let best = BestOfN(Predict("question -> answer"), n: 2) { _, _ in 0 }
        func forward(_ inputs: JSONObject) async throws -> Prediction {
            let answer = try await best(inputs)
            try Programs.assert(that: answer["answer"] == "good", "be good", retry: best)
            return answer
        }
    }

    @Test func anAssertionAfterTriesRevisesThemAll() async throws {
        let model = ScriptedModel { answer(["answer": $0.input("feedback") == nil ? "bad" : "good"]) }
        let result = await run(AfterTries(), model)
        #expect(try result.outcome.get()["answer"] == "good")
        #expect(model.asked.count == 4 && model.asked.map(\.rollout) == [0, 1, 0, 1])
    }

    /// An agent whose tool asks a predictor of the program and asserts something of its answer.
    final class Expert: Module {
        let ask = Predict("topic -> fact")
        let calls = Counter()
        func forward(_ inputs: JSONObject) async throws -> Prediction {
            calls.next()
            let fact = try await ask(inputs)
            try Programs.assert(that: fact["fact"] == "true", "say what is true")
            return fact
        }
    }

    struct Agent: Program {
        let expert: Expert
        let agent: ReAct

        init() {
            let expert = Expert()
            self.expert = expert
            agent = ReAct(
                "question -> answer",
                tools: [
                    FunctionTool(name: "ask", description: "Asks the expert.", parameters: [Field(name: "topic")]) { arguments in
                        try await expert(arguments)["fact"]?.stringValue ?? ""
                    }
                ])
        }

        func forward(_ inputs: JSONObject) async throws -> Prediction {
            let answer = try await agent(inputs)
            try Programs.assert(that: answer["answer"] == "good", "be good", retry: agent)
            return answer
        }
    }

    private static func agentModel(learns: Bool = true) -> ScriptedModel {
        ScriptedModel { request in
            if request.wants("fact") { return answer(["fact": request.input("feedback") != nil && learns ? "true" : "false"]) }
            if request.wants("answer") {
                return answer(["reasoning": "r", "answer": request.input("feedback") == nil ? "bad" : "good"])
            }
            let isOver = request.messages.last?.content.contains("observation_0") ?? false
            return answer([
                "next_thought": "t", "next_tool_name": isOver ? "finish" : "ask",
                "next_tool_args": isOver ? "{}" : #"{"topic": "x"}"#,
            ])
        }
    }

    @Test func insideAToolAnAssertionReachesTheRun() async throws {
        let agent = Agent()
        let model = Self.agentModel()
        let result = await run(agent, model)
        #expect(try result.outcome.get()["answer"] == "good")
        #expect(result.assertions == AssertionCounts(backtracks: 2))
        // react, fact, fact', react, extract, extract': the tool ran for the fact and its revision, and not for the answer's.
        #expect(model.asked.count == 6 && agent.expert.calls.value == 2)
        #expect(result.trace.map(\.path) == ["agent.react", "expert.ask", "agent.react", "agent.extract.predict"])
        let lost = await run(Agent(), Self.agentModel(learns: false))
        #expect(lost.failure?.message == "say what is true")
    }

    /// Blames the predictor behind the tool for the agent's answer.
    struct Consultation: Program {
        let ask: Predict
        let agent: ReAct

        init() {
            let ask = Predict("topic -> fact")
            self.ask = ask
            agent = ReAct(
                "question -> answer",
                tools: [
                    FunctionTool(name: "ask", description: "", parameters: [Field(name: "topic")]) { arguments in
                        try await ask(arguments)["fact"]?.stringValue ?? ""
                    }
                ])
        }

        func forward(_ inputs: JSONObject) async throws -> Prediction {
            let answer = try await agent(inputs)
            try Programs.assert(that: answer["trajectory"]?["observation_0"] == "true", "say what is true", retry: ask)
            return answer
        }
    }

    @Test func aToolWhosePredictorIsRevisedIsCalledAgain() async throws {
        let model = Self.agentModel()
        let result = await run(Consultation(), model)
        #expect(try result.outcome.get()["trajectory"]?["observation_0"] == "true")
        #expect(result.assertions == AssertionCounts(backtracks: 1) && model.asked.filter { $0.wants("fact") }.count == 2)
    }

    /// A search and a finished program that are given up because the step beside them starts the run again.
    struct Hasty: Program {
        let ask = Predict("question -> answer")
        let search = Retrieve(from: Patient())
        let expert = Compiled(Predict("topic -> fact"))

        struct Patient: Retriever {
            func retrieve(_ query: String, k: Int) async throws(ServiceError) -> Retrieval {
                do { try await Task.sleep(for: .milliseconds(50)) } catch { throw ServiceError(.infrastructure, "cancelled") }
                return Retrieval(passages: [Passage(text: "found")])
            }
        }

        func forward(_ inputs: JSONObject) async throws -> Prediction {
            async let found = search(["query": "q"])
            async let fact = expert(["topic": "t"])
            let answer = try await ask(inputs)
            try Programs.assert(that: answer["answer"] == "good", "be good")
            return Prediction(fields: try await found.fields.merging(fact.fields).merging(answer.fields))
        }
    }

    private struct Slow: LanguageModel {
        func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
            guard request.wants("fact") else {
                return ChatResponse(text: answer(["answer": request.input("feedback") == nil ? "bad" : "good"]))
            }
            do { try await Task.sleep(for: .milliseconds(50)) } catch { throw LanguageModelError(.cancelled, "cancelled") }
            return ChatResponse(text: answer(["fact": "true"]))
        }
    }

    @Test func whatWasGivenUpIsAskedAgain() async throws {
        let result = await SwiftProgram(Hasty.self, name: "p").run(["question": "q"], with: Slow())
        #expect(try result.outcome.get().fields == ["passages": ["found"], "fact": "true", "answer": "good"])
        #expect(result.assertions == AssertionCounts(backtracks: 1))
    }

    /// Parts of a parallel call blame what was asked before it.
    struct Planned: Program {
        let plan = Predict("question -> plan")
        let ask = Predict("plan, part -> answer")

        struct Part: Module {
            let program: Planned
            func forward(_ inputs: JSONObject) async throws -> Prediction {
                try Programs.assert(that: inputs["plan"] == "good", "plan better", retry: program.plan)
                return try await program.ask(inputs)
            }
        }

        func forward(_ inputs: JSONObject) async throws -> Prediction {
            let plan = try await plan(inputs)
            let parts = ["a", "b"].map { part -> (any Module, JSONObject) in
                (Part(program: self), plan.fields.merging(["part": part]))
            }
            return try await Parallel().run(parts)[1].get()
        }
    }

    @Test func aPartBlamesWhatWasAskedBeforeIt() async throws {
        let model = ScriptedModel { request in
            request.wants("plan")
                ? answer(["plan": request.input("feedback") == nil ? "bad" : "good"])
                : answer(["answer": request.input("part") ?? ""])
        }
        let result = await run(Planned(), model)
        #expect(try result.outcome.get()["answer"] == "b" && result.assertions.backtracks == 1)
        #expect(result.trace.map(\.path) == ["plan", "ask", "ask"] && result.trace.map { $0.inputs["part"] } == [nil, "a", "b"])
    }
}
