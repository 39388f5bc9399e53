import JSON
import Testing

@testable import Programs

@Suite struct ModuleTests {
    struct Hop: Module {
        let predict = Predict("question -> note")
        func forward(_ inputs: JSONObject) async throws -> Prediction { try await predict(inputs) }
    }

    final class Retriever: Module {
        let query = Predict("question -> query")
        func forward(_ inputs: JSONObject) async throws -> Prediction { try await query(inputs) }
    }

    struct Deep: Program {
        let topic = Predict("question -> topic")
        let hops = [Hop(), Hop()]
        let named = ["y": ChainOfThought("question -> b"), "x": ChainOfThought("question -> a")]
        let retriever = Retriever()
        let pair = (Predict("question -> p"), 3)
        let maybe: Predict? = Predict("question -> m")
        let nothing: Predict? = nil
        let again: Predict
        let answer = ChainOfThought("question, topic -> answer")

        init() { again = topic }

        func forward(_ inputs: JSONObject) async throws -> Prediction {
            async let note = hops[1](inputs)
            let topic = try await topic(inputs)
            _ = try await note
            return try await answer(inputs.merging(topic.fields))
        }
    }

    @Test func paths() {
        let program = SwiftProgram(Deep.self, name: "deep")
        #expect(
            program.predictors.map(\.path) == [
                "topic", "hops[0].predict", "hops[1].predict", "named['x'].predict", "named['y'].predict", "retriever.query",
                "pair[0]",
                "maybe", "answer.predict",
            ])
        #expect(program.predictors.last?.module == "ChainOfThought")
        #expect(program.predictors.last?.signature.outputs.map(\.name) == ["reasoning", "answer"])
        #expect(program.inputNames == ["question"])
        #expect(program.outputNames == ["answer"])
        #expect(program.fingerprint == SwiftProgram(Deep.self, name: "deep").fingerprint)
        #expect(program.fingerprint != SwiftProgram(Deep.self, name: "deep", version: "2").fingerprint)
        #expect(SwiftProgram(Predict("a -> b"), name: "p").predictors.map(\.path) == ["self"])
        #expect(SwiftProgram(ChainOfThought("a -> b"), name: "p").predictors.map(\.path) == ["predict"])
    }

    @Test func runsWithItsState() async throws {
        let program = SwiftProgram(Deep.self, name: "deep")
        var state = program.initialState
        state["topic"] = PredictorState(
            instructions: "Say the topic.", demos: [["question": "q1", "topic": "t1"], ["question": "now", "topic": "leak"]])
        let model = ScriptedModel.echoing()
        let context = RunContext(
            state: state, model: model, temperature: 0.7, rollout: 5, excludeDemosLike: ["question": "now", "answer": "x"])
        let result = await program.run(["question": "now"], in: context)
        #expect(try result.outcome.get()["answer"] == "answer!")
        #expect(Set(result.trace.map(\.path)) == ["topic", "hops[1].predict", "answer.predict"])
        #expect(result.trace.last?.inputs == ["question": "now", "topic": "topic!"])
        #expect(result.usage == UsageByRole(.task, Usage(calls: 3, attempts: 3, promptTokens: 30, completionTokens: 6)))
        let topic = try #require(model.asked.first { $0.messages[0].content.contains("Say the topic.") })
        #expect(topic.messages.contains { $0.content.contains("t1") })
        #expect(!topic.messages.contains { $0.content.contains("leak") })
        #expect(model.asked.allSatisfy { $0.temperature == 0.7 && $0.rollout == 5 })
    }

    @Test func worksWithoutAProgram() async throws {
        let classify = ChainOfThought("utterance -> intent")
        let answer = try await withLanguageModel(ScriptedModel.echoing()) { try await classify(["utterance": "My card is lost"]) }
        #expect(answer["intent"] == "intent!" && answer["reasoning"] == "reasoning!")
        let error = await #expect(throws: RunFailure.self) { try await classify(["utterance": "x"]) }
        #expect(error?.fault == .refused && error?.message.contains("configure(lm:)") == true)
    }

    struct Careless: Program {
        let first = Predict("q -> a")
        func forward(_ inputs: JSONObject) async throws -> Prediction {
            (try? await first(inputs)) ?? Prediction(fields: ["a": "made up"])
        }
    }

    struct Broken: Program {
        struct Trouble: Error {}
        let first = Predict("q -> a")
        func forward(_ inputs: JSONObject) async throws -> Prediction { throw Trouble() }
    }

    @Test func failuresAreClassified() async throws {
        let careless = SwiftProgram(Careless.self, name: "careless")
        func run(_ model: ScriptedModel, _ program: SwiftProgram, _ inputs: JSONObject = ["q": "x"]) async -> RunResult {
            await program.run(inputs, in: RunContext(state: program.initialState, model: model))
        }
        let down = await run(
            ScriptedModel { _ throws(LanguageModelError) in
                throw LanguageModelError(.server, "overloaded", usage: Usage(attempts: 3))
            }, careless)
        // Code that swallows an infrastructure error must not turn it into an answer.
        guard case .failure(let failure) = down.outcome else {
            Issue.record("expected a failure")
            return
        }
        #expect(failure.fault == .infrastructure && failure.kind == "server")
        #expect(down.usage == UsageByRole(.task, Usage(attempts: 3)))
        let caught = await run(ScriptedModel { _ throws(LanguageModelError) in "nonsense" }, careless)
        #expect(try caught.outcome.get()["a"] == "made up")
        let broken = await run(.echoing(), SwiftProgram(Broken.self, name: "broken"))
        guard case .failure(let error) = broken.outcome else {
            Issue.record("expected a failure")
            return
        }
        #expect(error.fault == .program && error.kind == "program_error")
    }
}
