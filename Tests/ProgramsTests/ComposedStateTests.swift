import JSON
import Testing

@testable import Programs

@Suite struct ComposedStateTests {
    private static let program = SwiftProgram(Predict("question -> answer"), name: "qa")

    /// Finds rows by the words that their texts share with the query.
    private struct WordSearch: DemoSearch {
        func rows(
            nearest text: String, in pool: NearestDemos, limit: Int
        ) async throws(ServiceError) -> (rows: [Int], usage: UsageByRole) {
            let query = Set(text.split(separator: " "))
            let likeness = pool.texts.map { Set($0.split(separator: " ")).intersection(query).count }
            let ranked = pool.rows.indices.sorted { (likeness[$1], $0) < (likeness[$0], $1) }
            return (Array(ranked.prefix(limit)), UsageByRole(.embedding, Usage(calls: 1)))
        }
    }

    private static func state(count: Int = 2) -> ProgramState {
        let questions = ["red car", "blue sky", "red sky", "green tea", "red car"]
        var state = program.initialState
        state.nearestDemos = NearestDemos(
            count: count, tracedLimit: 1, labelledLimit: 2, inputNames: ["question"],
            rows: questions.enumerated().map { number, question in
                let demo: JSON = ["augmented": true, "question": .string(question), "answer": .string("traced \(number)")]
                return NearestDemos.Row(
                    fields: ["question": .string(question), "answer": .string("row \(number)")],
                    traced: number.isMultiple(of: 2) ? ["self": demo] : [:])
            })
        return state
    }

    private func shown(_ question: String, excluding row: JSONObject? = nil) async throws -> [String] {
        let model = ScriptedModel.echoing()
        var context = RunContext(
            state: Self.state(), model: model, rollout: 1, excludeDemosLike: row,
            services: ProgramServices(demoSearch: WordSearch()))
        context.role = .task
        let result = await Self.program.run(["question": .string(question)], in: context)
        #expect(result.usage[.embedding].calls == 1 && result.usage[.task].calls == 1)
        return try #require(model.asked.first).messages.filter { $0.role == .assistant }.map(\.content)
    }

    @Test func theNearestRowsAreShown() async throws {
        let demos = try await shown("a red car")
        #expect(demos.count == 2)
        #expect(demos[0].contains("traced 0") && demos[1].contains("row 4"), "\(demos)")
    }

    /// Neither a row nor its duplicate is shown while it is bootstrapped.
    @Test func theRowItselfIsLeftOut() async throws {
        let demos = try await shown("red car", excluding: ["question": "red car"])
        #expect(demos.count == 2)
        #expect(!demos.joined().contains("traced 0") && !demos.joined().contains("4"), "\(demos)")
    }

    @Test func aDuplicateOfTheRowIsLeftOutWithoutNearness() async throws {
        let model = ScriptedModel.echoing()
        var state = Self.program.initialState
        state["self"]?.demos = [
            ["question": "q", "answer": "one"], ["question": "q", "answer": "two"], ["question": "other", "answer": "three"],
        ]
        let context = RunContext(state: state, model: model, excludeDemosLike: ["question": "q", "note": "n"])
        _ = await Self.program.run(["question": "q"], in: context)
        let demos = try #require(model.asked.first).messages.filter { $0.role == .assistant }.map(\.content).joined()
        #expect(demos.contains("three"))
        // A declared program knows its inputs; what is no input of it does not tell rows apart.
        #expect(!demos.contains("one") && !demos.contains("two"))
    }

    @Test func withoutAnEmbeddingModelItIsRefused() async {
        let result = await Self.program.run(
            ["question": "x"], in: RunContext(state: Self.state(), model: ScriptedModel.echoing()))
        guard case .failure(let failure) = result.outcome else {
            Issue.record("it ran")
            return
        }
        #expect(failure.fault == .refused && failure.message.contains("embedding"))
    }

    private static func ensemble(_ instructions: [String]) -> ProgramState {
        let states = instructions.map { ProgramState([("self", PredictorState(instructions: $0))]) }
        var state = states[0]
        state.ensemble = EnsembleState(partners: Array(states.dropFirst()))
        return state
    }

    private func run(_ instructions: [String]) async -> RunResult {
        let model = ScriptedModel { request throws(LanguageModelError) in
            let system = request.messages.first?.content ?? ""
            if system.contains("FAIL") { return "nothing" }
            if system.contains("DOWN") { throw LanguageModelError(.transport, "away") }
            return "[[ ## answer ## ]]\n\(system.contains("SAY A") ? "cat" : "dog")\n\n[[ ## completed ## ]]"
        }
        return await Self.program.run(
            ["question": "x"], in: RunContext(state: Self.ensemble(instructions), model: model, rollout: 3))
    }

    @Test func theMajorityAnswers() async throws {
        let result = await run(["SAY B", "SAY A", "SAY A"])
        #expect(try result.outcome.get()["answer"] == "cat")
        #expect(result.usage.total.calls == 3 && result.trace.count == 1 && result.trace[0].outputs["answer"] == "cat")
        #expect(try await run(["SAY B", "SAY A"]).outcome.get()["answer"] == "dog", "of equals the first")
    }

    @Test func whoFailsHasNoVote() async throws {
        #expect(try await run(["FAIL", "FAIL", "SAY A"]).outcome.get()["answer"] == "cat")
        await #expect(throws: RunFailure.self) { try await run(["FAIL", "FAIL"]).outcome.get() }
    }

    @Test func anEndpointThatIsAwayIsMissingData() async {
        guard case .failure(let failure) = await run(["SAY A", "SAY A", "DOWN"]).outcome else {
            Issue.record("it answered")
            return
        }
        #expect(failure.fault == .infrastructure)
    }

    @Test func composedStatesSurviveJSONAndFiles() throws {
        var both = Self.ensemble(["a", "b", "c"])
        both.nearestDemos = Self.state().nearestDemos
        for state in [Self.state(), Self.ensemble(["a", "b", "c"]), both] {
            #expect(try ProgramState(json: JSON(parsing: state.json.serialized())) == state)
            let file = StateFile(for: Self.program)
            #expect(try file.state(from: JSON(parsing: file.text(state))) == state)
            #expect(state.digest != Self.program.initialState.digest)
        }
        var banking = Banking.state
        banking.ensemble = EnsembleState(partners: [Banking.program.initialState], field: "intent")
        let file = StateFile(for: Banking.program)
        let json = file.json(banking)
        #expect(
            Array(json.objectValue?.keys.prefix(4) ?? []) == [
                "programs[0].topic", "programs[0].intent.predict", "programs[1].topic", "programs[1].intent.predict",
            ])
        #expect(try file.state(from: json) == banking)
        // DSPy writes no data of ours.
        let theirs = JSON.object(json.objectValue?.filter { $0 != "nightshift" } ?? [:])
        #expect(try file.state(from: theirs).members == banking.members)
    }

    @Test func brokenFilesAreRefused() throws {
        var banking = Banking.state
        banking.ensemble = EnsembleState(partners: [Banking.program.initialState])
        let file = StateFile(for: Banking.program)
        var json = try #require(file.json(banking).objectValue)
        json["programs[1].topic"] = nil
        let error = #expect(throws: Diagnostics.self) { try file.state(from: .object(json)) }
        #expect(error?.all.map(\.path.description).joined().contains("programs[1].topic") == true, "\(error?.description ?? "")")
        let mean: JSON = ["self": Self.state()["self"]?.json ?? .null, "$ensemble": ["partners": [[:]], "reduce_fn": "mean"]]
        #expect(throws: Diagnostic.self) { try ProgramState(json: mean) }
        #expect(throws: Diagnostic.self) { try ProgramState(json: ["$nearest_demos": ["k": 0]]) }
    }
}
