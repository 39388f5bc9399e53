import JSON
import Testing

@testable import Programs

@Suite struct ReActTests {
    /// Searches once, then finishes and answers with what it saw.
    private static func searcher(_ query: String = "lovelace") -> ScriptedModel {
        ScriptedModel { request in
            guard request.wants("next_tool_name") else { return answer(["reasoning": "seen", "answer": "1815"]) }
            let hasSearched = request.messages.last?.content.contains("observation_0") ?? false
            return hasSearched
                ? answer(["next_thought": "enough", "next_tool_name": "finish", "next_tool_args": "{}"])
                : answer([
                    "next_thought": "look", "next_tool_name": "search", "next_tool_args": #"{"query": "\#(query)", "k": "2"}"#,
                ])
        }
    }

    private let counter = Counter()

    private var search: FunctionTool {
        FunctionTool(
            name: "search", description: "Finds\n texts.",
            parameters: [
                Field(name: "query", description: "words"),
                Field(name: "k", type: .int, limits: FieldLimits(["le": 9]), defaultValue: 3),
            ]
        ) { [counter] arguments in
            counter.next()
            if arguments["query"] == "boom" { throw ServiceError(.infrastructure, "the index is down") }
            if arguments["query"] == "none" { throw ServiceError(.program, "a bad query") }
            return "Ada, born 1815 (\(arguments.keys.joined(separator: "+")) \(arguments["k"]?.serialized() ?? ""))"
        }
    }

    @Test func stepsAndTrajectory() async throws {
        let program = SwiftProgram(ReAct("question -> answer", tools: [search]), name: "agent")
        #expect(program.predictors.map(\.path) == ["react", "extract.predict"])
        #expect(program.inputNames == ["question"] && program.outputNames == ["answer"])
        let model = Self.searcher()
        var state = program.initialState
        state["react"]?.instructions = "Be quick."
        let result = await program.run(["question": "Born?"], in: RunContext(state: state, model: model))
        let answer = try result.outcome.get()
        #expect(answer["answer"] == "1815")
        #expect(
            answer["trajectory"] == [
                "thought_0": "look", "tool_name_0": "search", "tool_args_0": ["query": "lovelace", "k": "2"],
                "observation_0": "Ada, born 1815 (query+k 2)", "thought_1": "enough", "tool_name_1": "finish", "tool_args_1": [:],
                "observation_1": "Completed.",
            ])
        #expect(result.trace.map(\.path) == ["react", "react", "extract.predict"])
        // The trajectory as DSPy renders it.
        #expect(
            result.trace[1].inputs["trajectory"]?.stringValue == """
                [[ ## thought_0 ## ]]
                look

                [[ ## tool_name_0 ## ]]
                search

                [[ ## tool_args_0 ## ]]
                {"query": "lovelace", "k": "2"}

                [[ ## observation_0 ## ]]
                Ada, born 1815 (query+k 2)
                """)
        // The tools survive the optimised instruction; the extraction has no use for them.
        let system = try #require(model.asked.first?.messages.first?.content)
        #expect(system.contains("Be quick.") && system.contains("(1) search: Finds texts. Takes arguments"))
        #expect(system.contains("(2) finish") && system.contains(#""default": 3"#))
        #expect(model.asked.last?.messages.first?.content.contains("(1) search") == false)
    }

    @Test(arguments: [
        (#"{"query": "a", "k": "many"}"#, "Execution error in search: argument 'k': \"many\" is not a valid int"),
        (
            #"{"query": "a", "k": 10}"#,
            "Execution error in search: argument 'k': 10 is outside the limit 'less than or equal to: 9'"
        ),
        (#"{"k": 1}"#, "Execution error in search: argument 'query' is missing"),
        (#"{"query": "a", "n": 1}"#, "Execution error in search: there is no argument 'n'; it takes query, k"),
        (#"{"query": "none"}"#, "Execution error in search: a bad query"),
    ])
    func errorsAreObservations(arguments: String, observation: String) async throws {
        let agent = ReAct("question -> answer", tools: [search], maxIterations: 1)
        let model = ScriptedModel { request in
            request.wants("answer")
                ? answer(["reasoning": "r", "answer": "a"])
                : answer(["next_thought": "t", "next_tool_name": "search", "next_tool_args": arguments])
        }
        let result = await SwiftProgram(agent, name: "agent").run(["question": "q"], with: model)
        #expect(try result.outcome.get()["trajectory"]?["observation_0"]?.stringValue == observation)
        #expect(result.calls == 2)
    }

    @Test func aServiceThatIsDownEndsTheRun() async throws {
        let program = SwiftProgram(ReAct("question -> answer", tools: [search]), name: "agent")
        let result = await program.run(["question": "q"], with: Self.searcher("boom"))
        #expect(result.failure?.fault == .infrastructure && result.failure?.message == "the index is down")
        #expect(result.calls == 1 && result.trace.count == 1)
    }

    @Test func anUnknownToolEndsTheSteps() async throws {
        let model = ScriptedModel { request in
            if request.isJSON { return #"{"next_thought": "t", "next_tool_name": "fly", "next_tool_args": {}}"# }
            return request.wants("answer")
                ? answer(["reasoning": "r", "answer": "a"])
                : answer(["next_thought": "t", "next_tool_name": "fly", "next_tool_args": "{}"])
        }
        let result = await SwiftProgram(ReAct("question -> answer", tools: [search]), name: "agent").run(
            ["question": "q"], with: model)
        #expect(try result.outcome.get()["answer"] == "a")
        #expect(try result.outcome.get()["trajectory"] == [:])
        #expect(result.trace.map(\.path) == ["extract.predict"])
    }

    @Test func stepsAreBounded() async throws {
        let model = ScriptedModel { request in
            request.wants("answer")
                ? answer(["reasoning": "r", "answer": "a"])
                : answer(["next_thought": "t", "next_tool_name": "search", "next_tool_args": #"{"query": "x"}"#])
        }
        let agent = ReAct("question -> answer", tools: [search], maxIterations: 3)
        let result = await SwiftProgram(agent, name: "agent").run(["question": "q"], with: model)
        #expect(result.calls == 4 && counter.value == 3)
        #expect(try result.outcome.get()["trajectory"]?.objectValue?.count == 12)
    }

    @Test func theOldestStepsGoWhereThePromptIsTooLong() async throws {
        let model = ScriptedModel { request throws(LanguageModelError) in
            let shown = request.messages.last?.content.ranges(of: "## observation_").count ?? 0
            if shown > 2 { throw LanguageModelError(.contextWindow, "too long") }
            if request.wants("answer") { return answer(["reasoning": "r", "answer": "\(shown)"]) }
            let isOver = request.messages.last?.content.contains("observation_4") ?? false
            return answer([
                "next_thought": "t", "next_tool_name": isOver ? "finish" : "search",
                "next_tool_args": isOver ? "{}" : #"{"query": "x"}"#,
            ])
        }
        let result = await SwiftProgram(ReAct("question -> answer", tools: [search]), name: "agent").run(
            ["question": "q"], with: model)
        #expect(try result.outcome.get()["answer"] == "2")
        // Six steps were made and none is lost from the record.
        #expect(try result.outcome.get()["trajectory"]?.objectValue?.keys.last == "observation_5")
        // Never more than two steps can be shown: each later question is tried once in full.
        #expect(model.asked.count == 7 + 4)
    }

    @Test func aPromptThatNeverFitsEndsTheRun() async throws {
        let model = ScriptedModel { _ throws(LanguageModelError) in throw LanguageModelError(.contextWindow, "too long") }
        let result = await SwiftProgram(ReAct("question -> answer", tools: [search]), name: "agent").run(
            ["question": "q"], with: model)
        #expect(result.failure?.kind == "contextWindow" && result.failure?.fault == .program)
        #expect(model.asked.count == 2)
    }

    @Test func toolsByName() async throws {
        let agent = try ReAct(Signature("question -> answer"), tools: [search.toolDescription])
        let program = SwiftProgram(agent, name: "agent")
        let served = await program.run(
            ["question": "q"], with: Self.searcher(), services: ProgramServices(tools: ["search": search]))
        #expect(try served.outcome.get()["answer"] == "1815")
        let bare = await program.run(["question": "q"], with: Self.searcher())
        #expect(bare.failure?.fault == .refused && bare.failure?.message.contains("'search'") == true)
    }

    @Test(arguments: [["a b"], ["finish"], ["x", "x"], ["1x"], [""]])
    func badNamesAreRefused(names: [String]) {
        #expect(throws: SignatureError.self) {
            try ReAct(
                Signature("question -> answer"), tools: names.map { ToolDescription(name: $0, description: "", parameters: []) })
        }
    }

    @Test func reservedFieldsAreRefused() {
        #expect(throws: SignatureError.self) { try ReAct(Signature("trajectory -> answer"), tools: [search]) }
        #expect(throws: SignatureError.self) { try ReAct(Signature("question -> trajectory"), tools: [search]) }
    }

    @Test func worksOutsideAProgram() async throws {
        let agent = ReAct("question -> answer", tools: [search])
        let answer = try await withLanguageModel(Self.searcher()) { try await agent(["question": "Born?"]) }
        #expect(answer["answer"] == "1815")
    }

    @Test func theToolListIsNotPartOfTheState() throws {
        let program = SwiftProgram(ReAct("question -> answer", tools: [search]), name: "agent")
        let file = StateFile(for: program)
        var state = program.initialState
        state["react"]?.instructions = "Be quick."
        let json = file.json(state)
        #expect(json["react"]?["signature"]?["instructions"]?.stringValue?.contains("(1) search") == true)
        #expect(try file.state(from: json) == state)
    }
}
