import JSON
import Synchronization
import Testing

@testable import Programs

/// Steps at work.
@Suite struct DeclaredRunningTests {
    private struct Echo: Retriever {
        func retrieve(_ query: String, k: Int) async throws(ServiceError) -> Retrieval {
            Retrieval(passages: (0..<k).map { Passage(text: "\(query) \($0)") })
        }
    }

    private func context(_ program: DeclaredProgram, _ model: ScriptedModel) -> RunContext {
        RunContext(
            state: program.initialState, model: model, services: ProgramServices(retrievers: ["wiki": Echo(), "team": Echo()]))
    }

    @Test func rounds() async throws {
        let program = try DeclaredStepsTests.program(
            DeclaredStepsTests.hops.replacing("\"answer\": {", with: "\"answer\": {\"with\": {}, "))
        let model = ScriptedModel { request in
            let prompt = request.messages.last?.content ?? ""
            let query = prompt.contains("[1]") ? "q2" : "q1"
            return "[[ ## reasoning ## ]]\nr\n[[ ## search_query ## ]]\n\(query)\n[[ ## answer ## ]]\nyes"
        }
        let result = await program.run(["question": "?"], in: context(program, model))
        #expect(try result.outcome.get().fields == ["answer": "yes"])
        #expect(result.trace.map(\.path) == ["hops[0].query.predict", "hops[1].query.predict", "answer.predict"])
        #expect(result.trace.map { $0.inputs["context"] } == [[], ["q1 0", "q1 1"], ["q1 0", "q1 1", "q2 0", "q2 1"]])
    }

    @Test func theSearchedNumberOfPassagesIsUsed() async throws {
        let program = try DeclaredStepsTests.program(DeclaredStepsTests.hops)
        var context = context(program, ScriptedModel.echoing())
        context.state.parameters["hops[0].search.k"] = 1
        let result = await program.run(["question": "?"], in: context)
        // The second round finds two, of which the first is known.
        #expect(result.trace[1].inputs["context"] == ["search_query! 0"])
        #expect(result.trace[2].inputs["context"] == ["search_query! 0", "search_query! 1"])
    }

    @Test func roundsEndEarly() async throws {
        let section = #"""
            {"outputs": ["draft", "drafts", "again.draft"], "steps": [{"again": {"repeat": 4, "shared": true, "collect": {"drafts": "draft"},
              "until": {"value": "drafts", "min_items": 2}, "steps": [{"write": {"predict": "question, drafts -> draft"}}]}}]}
            """#
        let program = try DeclaredStepsTests.program(section)
        let model = ScriptedModel { request in
            "[[ ## draft ## ]]\n\((request.messages.last?.content ?? "").contains("one") ? "two" : "one")"
        }
        let result = await program.run(["question": "?"], in: context(program, model))
        #expect(try result.outcome.get().fields == ["draft": "two", "drafts": ["one", "two"], "again.draft": "two"])
        #expect(result.trace.count == 2 && program.predictors.count == 1)
    }

    @Test func aRoundSeesOnlyWhatWasCollected() async throws {
        let section = #"""
            {"steps": [{"hops": {"repeat": 2, "collect": {"seen": "x"}, "steps": [
              {"a": {"predict": "question, seen, y: Optional[str] -> x"}}, {"b": {"predict": "x -> y"}}]}}]}
            """#
        let program = try DeclaredStepsTests.program(section)
        let result = await program.run(["question": "?"], in: context(program, ScriptedModel.echoing()))
        #expect(result.trace.map { $0.inputs["seen"] } == [[], nil, ["x!"], nil])
        #expect(result.trace[2].inputs["y"] == nil)
    }

    @Test func parallelStepsKeepTheirOrder() async throws {
        let section = #"""
            {"outputs": ["x", "y", "z"], "steps": [{"p": {"parallel": [{"a": {"predict": "question -> x"}}, {"b": {"predict": "question -> y"}}]}},
              {"c": {"predict": "x, y -> z"}}]}
            """#
        let program = try DeclaredStepsTests.program(section)
        let result = await program.run(["question": "?"], in: context(program, ScriptedModel.echoing()))
        #expect(try result.outcome.get().fields == ["x": "x!", "y": "y!", "z": "z!"])
        #expect(result.trace.map(\.path) == ["p.a", "p.b", "c"])
    }

    @Test func theBestOfSeveral() async throws {
        let section = #"""
            {"steps": [{"a": {"best_of_n": 4, "reward": [{"value": "x", "max_length": 3}, {"value": "x", "appears_in": "question"}],
              "step": {"predict": "text -> x", "with": {"text": "question"}}}}]}
            """#
        let program = try DeclaredStepsTests.program(section)
        let model = ScriptedModel { request in
            "[[ ## x ## ]]\n" + ["no idea", "yes", "or", "never"][Int(request.rollout ?? 0) % 4]
        }
        let result = await program.run(["question": "one or two"], in: context(program, model))
        #expect(try result.outcome.get().fields == ["x": "or"])
        #expect(result.trace.count == 1 && result.usage.total.calls == 3)
        #expect(program.predictors.map(\.path) == ["a.module"])
    }

    @Test func majorities() async throws {
        let direct = try DeclaredStepsTests.program(
            #"{"steps": [{"a": {"majority": 3, "step": {"chain_of_thought": "question -> x"}}}]}"#)
        let many = SeveralAnswers { index in "[[ ## reasoning ## ]]\nr\n[[ ## x ## ]]\n\(["A", "b", "B."][index])" }
        let services = ProgramServices.none
        let result = await direct.run(
            ["question": "?"], in: RunContext(state: direct.initialState, model: many, services: services))
        #expect(try result.outcome.get().fields == ["x": "b"])
        #expect(result.trace.map(\.path) == ["a.predict"] && many.asked == [3])
        // The trace teaches the answer that won.
        #expect(result.trace[0].outputs["x"] == "b")

        let composed = try DeclaredStepsTests.program(
            #"""
            {"steps": [{"a": {"majority": 3, "field": "y", "steps": [{"b": {"predict": "question -> x"}}, {"c": {"predict": "x -> y"}}]}}]}
            """#)
        let model = ScriptedModel { request in
            let isFirst = (request.messages.first?.content ?? "").contains("`question`")
            let draw = Int(request.rollout ?? 0)
            return isFirst ? "[[ ## x ## ]]\n\(draw)" : "[[ ## y ## ]]\n\(draw == 0 ? "odd" : "even")"
        }
        let sampled = await composed.run(["question": "?"], in: context(composed, model))
        #expect(try sampled.outcome.get().fields["y"] == "even")
        #expect(sampled.trace.map(\.outputs) == [["x": "1"], ["y": "even"]] && sampled.usage.total.calls == 6)
    }

    @Test func anEndpointWithoutN() async throws {
        let program = try DeclaredStepsTests.program(
            #"{"steps": [{"a": {"majority": 3, "step": {"predict": "question -> x"}}}]}"#)
        let draws = Counter()
        let model = ScriptedModel { _ in answer(["x": draws.next() == 1 ? "no" : "yes"]) }
        let result = await program.run(["question": "?"], in: context(program, model))
        #expect(try result.outcome.get()["x"] == "yes")
        #expect(
            model.asked.map(\.count) == [3, 2, 1] && Set(model.asked.map(\.rollout)).count == 3 && result.usage.total.calls == 3)
        #expect(result.trace.map(\.outputs) == [["x": "yes"]])
        // What came counts where the rest is refused.
        let strict = ScriptedModel { request throws(LanguageModelError) in
            if request.count < 3 { throw LanguageModelError(.contentFilter, "no") }
            return answer(["x": "one"])
        }
        #expect(try await program.run(["question": "?"], in: context(program, strict)).outcome.get()["x"] == "one")
    }

    @Test func aSampleThatFailsHasNoVote() async throws {
        let program = try DeclaredStepsTests.program(
            #"""
            {"steps": [{"a": {"majority": 3, "steps": [{"b": {"predict": "question -> x"}}, {"c": {"assert": "x", "not_equals": "no"}}]}}]}
            """#)
        let model = ScriptedModel { request in "[[ ## x ## ]]\n" + (request.rollout == 1 ? "yes" : "no") }
        let result = await program.run(["question": "?"], in: context(program, model))
        #expect(try result.outcome.get().fields == ["x": "yes"])
        #expect(result.trace.count == 1 && result.usage.total.calls == 3 && result.assertions.isEmpty)
        let none = await program.run(["question": "?"], in: context(program, ScriptedModel { _ in "[[ ## x ## ]]\nno" }))
        #expect(none.assertions.failedAsserts == 1 && none.trace.count == 1 && none.usage.total.calls == 3)
        guard case .failure(let failure) = none.outcome else {
            Issue.record("expected a failure")
            return
        }
        #expect(failure.kind == "assertion")
    }

    @Test func aComparisonGetsAllItsAttempts() async throws {
        let program = try DeclaredStepsTests.program(#"{"steps": [{"a": {"multi_chain_comparison": "question -> x"}}]}"#)
        // Of three answers to one request, one does not parse.
        let many = SeveralAnswers { index in
            index == 1 ? "?" : "[[ ## reasoning ## ]]\nr\n[[ ## rationale ## ]]\nr\n[[ ## x ## ]]\nx \(index)"
        }
        let result = await program.run(["question": "?"], in: RunContext(state: program.initialState, model: many))
        #expect(try result.outcome.get().fields == ["x": "x 0"])
        #expect(many.asked == [3, 1, 1] && result.trace.count == 3)
    }

    @Test func comparisons() async throws {
        let program = try DeclaredStepsTests.program(
            #"{"outputs": ["x", "a.rationale"], "steps": [{"a": {"multi_chain_comparison": "question -> x"}}]}"#)
        let many = SeveralAnswers { index in
            "[[ ## reasoning ## ]]\nreason \(index)\n[[ ## rationale ## ]]\ncompared\n[[ ## x ## ]]\nanswer \(index)"
        }
        let result = await program.run(["question": "?"], in: RunContext(state: program.initialState, model: many))
        #expect(try result.outcome.get().fields == ["x": "answer 0", "a.rationale": "compared"])
        #expect(result.trace.map(\.path) == ["a.attempts.predict", "a.compare.predict"])
        #expect(
            result.trace[1].inputs["reasoning_attempt_3"] == "«I'm trying to reason 2 I'm not sure but my prediction is answer 2»"
        )
    }

    @Test(arguments: ["assert", "suggest"])
    func assertions(kind: String) async throws {
        let section = """
            {"steps": [{"a": {"predict": "question -> x"}}, {"b": {"predict": "question -> y"}},
              {"short": {"\(kind)": "x", "max_length": 3, "retry": "a"}}, {"c": {"predict": "x, y -> z"}}]}
            """
        let program = try DeclaredStepsTests.program(section)
        let model = ScriptedModel { request in
            let wasTold = (request.messages.last?.content ?? "").contains("`x` must be at most 3 characters long.")
            return "[[ ## x ## ]]\n\(wasTold ? "abc" : "abcd")\n[[ ## y ## ]]\ny\n[[ ## z ## ]]\nz"
        }
        let result = await program.run(["question": "?"], in: context(program, model))
        #expect(try result.outcome.get().fields == ["z": "z"])
        #expect(result.trace.map { $0.outputs } == [["x": "abc"], ["y": "y"], ["z": "z"]])
        #expect(result.assertions.backtracks == 1 && result.usage.total.calls == 4)

        let stubborn = ScriptedModel { _ in "[[ ## x ## ]]\nabcd\n[[ ## y ## ]]\ny\n[[ ## z ## ]]\nz" }
        let failed = await program.run(["question": "?"], in: context(program, stubborn))
        #expect(failed.assertions.backtracks == 2)
        if kind == "assert" {
            guard case .failure(let failure) = failed.outcome else {
                Issue.record("expected a failure")
                return
            }
            #expect(failure.kind == "assertion" && failure.fault == .program && failed.assertions.failedAsserts == 1)
        } else {
            #expect(try failed.outcome.get().fields == ["z": "z"] && failed.assertions.failedSuggests == 1)
        }
    }

    @Test func inARoundItsOwnPredictorIsBlamed() async throws {
        let section = #"""
            {"steps": [{"hops": {"repeat": 2, "collect": {"context": "passages"}, "steps": [
              {"query": {"predict": "context, question -> search_query"}},
              {"search": {"retrieve": "wiki", "k": 1, "query": "search_query"}},
              {"new": {"assert": "search_query", "not_equals": "again", "retry": "query"}}]}}]}
            """#
        let program = try DeclaredStepsTests.program(section)
        let model = ScriptedModel { request in
            let prompt = request.messages.last?.content ?? ""
            let query = prompt.contains("feedback") ? "other" : prompt.contains("first 0") ? "again" : "first"
            return "[[ ## search_query ## ]]\n\(query)"
        }
        let result = await program.run(["question": "?"], in: context(program, model))
        #expect(try result.outcome.get()["context"] == ["first 0", "other 0"])
        #expect(result.trace.map(\.path) == ["hops[0].query", "hops[1].query"])
        #expect(result.assertions.backtracks == 1 && model.asked.count == 3)
    }

    @Test func theProgramsAdapterAndAStepsOwn() async throws {
        let section =
            #"{"adapter": "json", "steps": [{"a": {"predict": "question -> x"}}, {"b": {"predict": "x -> y", "adapter": "chat"}}]}"#
        let program = try DeclaredStepsTests.program(section)
        let model = ScriptedModel { request in
            (request.messages.last?.content ?? "").contains("JSON object") ? #"{"x": "1"}"# : "[[ ## y ## ]]\n2"
        }
        let result = await program.run(["question": "?"], in: context(program, model))
        #expect(try result.outcome.get().fields == ["y": "2"] && model.asked.count == 2)
        #expect(program.predictors.map(\.adapter) == [.json, .chat])
    }

    @Test func agents() async throws {
        let section = #"{"steps": [{"a": {"react": "question -> x", "max_iters": 3}}], "outputs": ["x", "a.trajectory"]}"#
        let program = try DeclaredProgram(json: DeclaredStepsTests.program(section).json)
        #expect(program.predictors[0].fixedInstructions?.contains("Finds passages.") == true)
        let model = ScriptedModel { request in
            let choice =
                (request.messages.last?.content ?? "").contains("found cats")
                ? ("finish", "{}") : ("search", #"{"query": "cats"}"#)
            return """
                [[ ## next_thought ## ]]\nt\n[[ ## next_tool_name ## ]]\n\(choice.0)\n[[ ## next_tool_args ## ]]\n\(choice.1)
                [[ ## reasoning ## ]]\nr\n[[ ## x ## ]]\nyes
                """
        }
        var context = context(program, model)
        context.services.tools = ["search": Search()]
        let result = await program.run(["question": "?"], in: context)
        let outputs = try result.outcome.get().fields
        #expect(outputs["x"] == "yes" && outputs["a.trajectory"]?["observation_0"] == "found cats")
        #expect(result.trace.map(\.path) == ["a.react", "a.react", "a.extract.predict"])
    }

    private struct Search: Tool {
        let name = "search"
        let description = "Finds passages."
        let parameters = [Field(name: "query")]
        func call(_ arguments: JSONObject) async throws -> String { "found \(arguments["query"]?.stringValue ?? "nothing")" }
    }
}

/// A model that gives as many answers as it is asked for.
private final class SeveralAnswers: LanguageModel {
    private let counts = Mutex<[Int]>([])
    private let answer: @Sendable (Int) -> String

    init(_ answer: @escaping @Sendable (Int) -> String) { self.answer = answer }

    var asked: [Int] { counts.withLock { $0 } }

    func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
        counts.withLock { $0.append(request.count) }
        let answers = (0..<request.count).map(answer)
        return ChatResponse(text: answers[0], alternatives: Array(answers.dropFirst()), usage: Usage(calls: 1, attempts: 1))
    }
}
