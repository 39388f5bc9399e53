import JSON
import Synchronization
import Testing

@testable import Programs

@Suite struct RetrieveTests {
    final class Shelf: Retriever {
        let counter = Counter()
        let failure: ServiceError?

        init(failure: ServiceError? = nil) { self.failure = failure }

        func retrieve(_ query: String, k: Int) async throws(ServiceError) -> Retrieval {
            counter.next()
            if let failure { throw failure }
            return Retrieval(
                passages: (0..<k).map { Passage(text: "\(query) \($0)") },
                usage: UsageByRole(.embedding, Usage(calls: 1, attempts: 1)))
        }
    }

    struct Answer: Program {
        static var signature: Signature? { Signature(literal: "question -> answer", instructions: nil) }
        let search = Retrieve(k: 2, choices: [1, 2, 5])
        let other = Retrieve(k: 4, choices: [1])
        let answer = ChainOfThought("context: list[str], question -> answer")

        func forward(_ inputs: JSONObject) async throws -> Prediction {
            let found = try await search(["query": inputs["question"] ?? .null])
            return try await answer(inputs.merging(["context": found["passages"] ?? .null]))
        }
    }

    @Test func kIsAParameterOfTheProgram() async throws {
        let program = SwiftProgram(Answer.self, name: "answer")
        #expect(
            program.parameters == [
                ParameterDescription(path: "search.k", choices: [1, 2, 5], initial: 2),
                ParameterDescription(path: "other.k", choices: [4, 1], initial: 4),
            ])
        #expect(SwiftProgram(Retrieve(choices: [1, 3]), name: "r").parameters.map(\.path) == ["k"])
        #expect(program.predictors.map(\.path) == ["answer.predict"] && program.inputNames == ["question"])
        let services = ProgramServices(retrievers: ["default": Shelf()])
        var state = program.initialState
        let first = await program.run(
            ["question": "q"], in: RunContext(state: state, model: ScriptedModel.echoing(), services: services))
        #expect(first.trace.last?.inputs["context"] == ["q 0", "q 1"])
        #expect(first.usage[.embedding].calls == 1)
        state.parameters["search.k"] = 5
        let second = await program.run(
            ["question": "q"], in: RunContext(state: state, model: ScriptedModel.echoing(), services: services))
        #expect(second.trace.last?.inputs["context"]?.arrayValue?.count == 5)
        let alone = SwiftProgram(Retrieve(k: 1, choices: [1, 3], from: Shelf()), name: "r")
        var chosen = alone.initialState
        chosen.parameters["k"] = 3
        let result = await alone.run(["query": "q"], in: RunContext(state: chosen, model: ScriptedModel.echoing()))
        #expect(try result.outcome.get()["passages"] == ["q 0", "q 1", "q 2"])
    }

    @Test func whatIsMissing() async throws {
        let program = SwiftProgram(Answer.self, name: "answer")
        let bare = await program.run(["question": "q"], with: ScriptedModel.echoing())
        #expect(bare.failure?.fault == .refused && bare.failure?.message == "the run has no retriever 'default'; it has none")
        let queryless = await SwiftProgram(Retrieve(from: Shelf()), name: "r").run(
            ["question": "q"], with: ScriptedModel.echoing())
        #expect(queryless.failure?.kind == "missing_input")
    }

    struct Careless: Program {
        let search = Retrieve()
        func forward(_ inputs: JSONObject) async throws -> Prediction {
            (try? await search(inputs)) ?? Prediction(fields: ["passages": []])
        }
    }

    @Test(arguments: [(LanguageModelError.Fault.infrastructure, false), (.refused, false), (.program, true)])
    func aRetrieverThatFails(fault: LanguageModelError.Fault, mayBeCaught: Bool) async throws {
        let services = ProgramServices(retrievers: ["default": Shelf(failure: ServiceError(fault, "no index"))])
        let result = await SwiftProgram(Careless.self, name: "careless").run(
            ["query": "q"], with: ScriptedModel.echoing(), services: services)
        if mayBeCaught {
            #expect(try result.outcome.get()["passages"] == [])
        } else {
            #expect(result.failure?.fault == fault && result.failure?.message == "no index")
        }
    }

    struct Checked: Program {
        let query = Predict("question -> query")
        let search = Retrieve()
        let answer = Predict("context: list[str] -> answer")

        func forward(_ inputs: JSONObject) async throws -> Prediction {
            let query = try await query(inputs)
            let found = try await search(query.fields)
            let answer = try await answer(["context": found["passages"] ?? .null])
            try Programs.assert(that: answer["answer"] == "good", "be good")
            return answer
        }
    }

    @Test func aBacktrackSearchesNotAgain() async throws {
        let shelf = Shelf()
        let model = ScriptedModel { request in
            request.wants("query")
                ? answer(["query": "x"]) : answer(["answer": request.input("feedback") == nil ? "bad" : "good"])
        }
        let result = await SwiftProgram(Checked.self, name: "checked").run(
            ["question": "q"], with: model, services: ProgramServices(retrievers: ["default": shelf]))
        #expect(try result.outcome.get()["answer"] == "good")
        #expect(shelf.counter.value == 1 && result.usage[.embedding].calls == 1)
        #expect(result.calls - result.usage[.embedding].calls == 3)
    }
}
