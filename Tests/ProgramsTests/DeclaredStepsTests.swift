import JSON
import Testing

@testable import Programs

/// Every kind of step: read, stored, named as in DSPy.
@Suite struct DeclaredStepsTests {
    static let tools = [ToolDescription(name: "search", description: "Finds passages.", parameters: [Field(name: "query")])]

    static func program(_ section: String, inputs: [String]? = nil) throws -> DeclaredProgram {
        try DeclaredProgram(section: JSON(parsing: section), inputs: inputs, tools: tools, retrievers: ["wiki", "team"]) { _ in []
        }
    }

    /// Two rounds of searching, then an answer.
    static let hops = #"""
        {"steps": [
          {"hops": {"repeat": 2, "collect": {"context": "passages"}, "steps": [
            {"query": {"chain_of_thought": "context, question -> search_query"}},
            {"search": {"retrieve": "wiki", "k": {"search": [1, 2], "start": 2}, "query": "search_query"}}]}},
          {"answer": {"chain_of_thought": "context, question -> answer"}}]}
        """#

    @Test(arguments: [
        (hops, ["hops[0].query.predict", "hops[1].query.predict", "answer.predict"]),
        (
            hops.replacing("\"repeat\": 2", with: "\"repeat\": 2, \"shared\": true"),
            ["hops.query.predict", "answer.predict"]
        ),
        (
            #"{"steps": [{"a": {"react": "question -> answer", "tools": ["search"], "max_iters": 5}}]}"#,
            ["a.react", "a.extract.predict"]
        ),
        (
            #"{"code_execution": true, "steps": [{"a": {"program_of_thought": "question -> answer"}}]}"#,
            ["a.code_generate.predict", "a.code_regenerate.predict", "a.generate_output.predict"]
        ),
        (
            #"{"steps": [{"a": {"multi_chain_comparison": "question -> answer", "attempts": 2}}]}"#,
            ["a.attempts.predict", "a.compare.predict"]
        ),
        (#"{"steps": [{"a": {"majority": 5, "step": {"chain_of_thought": "question -> answer"}}}]}"#, ["a.predict"]),
        (
            #"{"steps": [{"a": {"best_of_n": 3, "reward": [{"value": "answer", "max_words": 1}], "step": {"predict": "question -> answer"}}}]}"#,
            ["a.module"]
        ),
        (
            #"""
            {"adapter": "json", "max_backtracks": 1, "steps": [{"a": {"refine": 3, "threshold": 0.5, "fail_count": 1,
              "reward": [{"value": "answer", "max_words": 1, "weight": 2}, {"value": "answer", "appears_in": "question"}],
              "steps": [{"b": {"predict": "question -> b"}}, {"c": {"chain_of_thought": "b -> answer", "adapter": "chat",
              "demos": [{"b": "1", "answer": "2"}]}}]}}]}
            """#, ["a.module.b", "a.module.c.predict"]
        ),
        (
            #"{"steps": [{"p": {"parallel": [{"a": {"predict": "question -> x"}}, {"b": {"chain_of_thought": "question -> y"}}]}}]}"#,
            ["p.a", "p.b.predict"]
        ),
        (
            #"""
            {"steps": [{"a": {"predict": "question -> query"}}, {"short": {"assert": "query", "max_length": 9, "retry": "a"}},
              {"new": {"suggest": "query", "differs_from": ["question"], "message": "Other words."}},
              {"s": {"retrieve": "team", "as": "found"}}, {"b": {"predict": "found -> answer"}}]}
            """#, ["a", "b"]
        ),
    ])
    func paths(section: String, paths: [String]) throws {
        let program = try Self.program(section)
        #expect(program.predictors.map(\.path) == paths)
        #expect(program.inputNames == ["question"])
        let stored = try DeclaredProgram(json: JSON(parsing: program.json.serialized()))
        #expect(stored.json == program.json && stored.fingerprint == program.fingerprint)
        #expect(stored.predictors == program.predictors && stored.parameters == program.parameters)
        #expect(stored.sourceText == program.sourceText)
    }

    @Test func parameters() throws {
        let program = try Self.program(Self.hops)
        #expect(program.parameters.map(\.path) == ["hops[0].search.k", "hops[1].search.k"])
        #expect(program.parameters[0].choices == [1, 2] && program.parameters[0].initial == 2)
        #expect(program.initialState.parameters == ["hops[0].search.k": 2, "hops[1].search.k": 2])
    }

    @Test func pseudocode() throws {
        #expect(
            try Self.program(Self.hops).sourceText == """
                class Program(Module):
                    def __init__(self):
                        for i in range(2):
                            # Given the fields `context`, `question`, produce the fields `search_query`.
                            self.hops[i].query = ChainOfThought("context, question -> search_query")
                            self.hops[i].search = Retrieve("wiki", k=2)
                        # Given the fields `context`, `question`, produce the fields `answer`.
                        self.answer = ChainOfThought("context, question -> answer")

                    def forward(self, question):
                        context = []
                        for i in range(2):
                            search_query = self.hops[i].query(context=context, question=question)
                            passages = self.hops[i].search(search_query)
                            context = deduplicate(context + passages)
                        answer = self.answer(context=context, question=question)
                        return answer
                """)
        let checked = try Self.program(
            #"""
            {"steps": [{"a": {"best_of_n": 3, "reward": [{"value": "x", "max_words": 1}], "step": {"predict": "question -> x"}}},
              {"s": {"assert": "x", "min_length": 2, "message": "Longer!"}}]}
            """#)
        #expect(checked.sourceText.contains("self.a = BestOfN(Predict(\"question -> x\"), N=3, threshold=1)"))
        #expect(checked.sourceText.contains("#   `x` must have at most 1 word\n"))
        #expect(checked.sourceText.contains("assert len(x) >= 2, \"Longer!\""))
    }
}
