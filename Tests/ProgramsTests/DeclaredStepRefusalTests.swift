import JSON
import Testing

@testable import Programs

/// What is wrong with a step is said with its place and what would mend it.
@Suite struct DeclaredStepRefusalTests {
    private func findings(_ section: String, inputs: [String]? = ["question"]) -> [String] {
        do {
            _ = try DeclaredStepsTests.program(section, inputs: inputs)
            return []
        } catch let error as Diagnostics { return error.all.map(\.description) } catch { return ["\(error)"] }
    }

    @Test(arguments: [
        (#"{"a": {"retrieve": "wikki"}}"#, "steps[0].a.retrieve: the program has no retriever 'wikki'; did you mean 'wiki'?"),
        (#"{"a": {"retrieve": "wiki", "k": 0}}"#, "steps[0].a.k: 'k' is a count of at least 1, not 0"),
        (
            #"{"a": {"retrieve": "wiki", "k": {"search": [1, 2], "start": 3}}}"#,
            "k.start: 'start' is one of the counts of 'search'"
        ),
        (#"{"a": {"retrieve": "wiki", "k": {"search": []}}}"#, "k.search: 'search' is a list of counts"),
        (
            #"{"a": {"retrieve": "wiki", "query": "questoin"}}"#,
            "needs 'questoin', which nothing provides; did you mean 'question'?"
        ),
        (#"{"a": {"retrieve": "wiki", "as": "a b"}}"#, "steps[0].a.as: value name 'a b' is not a name"),
        (
            #"{"a": {"react": "question -> x", "tools": ["serch"]}}"#,
            "a.tools[0]: the program has no tool 'serch'; did you mean 'search'?"
        ),
        (#"{"a": {"react": "question -> x", "max_iters": 0}}"#, "'max_iters' is a count of at least 1"),
        (#"{"a": {"react": "question, trajectory -> x"}}"#, "steps[0].a.react: "),
        (#"{"a": {"program_of_thought": "question -> x"}}"#, "allow it with 'code_execution: true' under program"),
        (#"{"a": {"majority": 3, "predict": "question -> x"}}"#, "what 'majority' runs belongs under its 'step'"),
        (#"{"a": {"majority": 3}}"#, "'majority' needs 'step', the step that it runs, or 'steps', a list of them"),
        (#"{"a": {"majority": 3, "field": "y", "step": {"predict": "question -> x"}}}"#, "the step has no output 'y'"),
        (#"{"a": {"majority": 3, "step": {"predict": "qestion -> x"}}}"#, "steps[0].a.step: step 'a' needs 'qestion'"),
        (#"{"a": {"best_of_n": 3, "step": {"predict": "question -> x"}}}"#, "steps[0].a.reward: a reward is a list of checks"),
        (
            #"{"a": {"best_of_n": 3, "reward": [{"value": "y", "ge": 1}], "step": {"predict": "question -> x"}}}"#,
            "steps[0].a.reward: step 'a' needs 'y', which nothing provides"
        ),
        (
            #"{"a": {"best_of_n": 3, "threshold": 2, "reward": [{"value": "x", "ge": 1}], "step": {"predict": "question -> x"}}}"#,
            "threshold: a reward is the share of the checks that hold, never above 1"
        ),
        (
            #"{"a": {"predict": "question -> x", "fields": {"x": {"ge": 1}}}}"#,
            "steps[0].a.fields.x.ge: 'ge' limits numbers; the field is of type str"
        ),
        (
            #"{"a": {"predict": "question -> x: Optional[int]", "fields": {"x": {"ge": 1, "max_length": 3}}}}"#,
            "x.max_length: 'max_length' limits the length of texts, lists and objects; the field is of type Union[int, NoneType]"
        ),
        (
            #"{"a": {"predict": "question -> x: float", "fields": {"x": {"ge": 5, "le": 3}}}}"#,
            "x.le: 'le' is below 'ge': no value would be within the limits"
        ),
        (#"{"a": {"repeat": 2, "steps": []}}"#, "steps[0].a.steps: this step needs a list of steps"),
        (#"{"a": {"repeat": 0, "steps": [{"b": {"predict": "question -> x"}}]}}"#, "'repeat' is a count of at least 1"),
        (
            #"{"a": {"repeat": 2, "collect": {"all": "y"}, "steps": [{"b": {"predict": "question -> x"}}]}}"#,
            "collect.all: step 'a' needs 'y', which nothing provides"
        ),
        (
            #"{"a": {"repeat": 2, "steps": [{"b": {"predict": "question, y -> x"}}, {"c": {"predict": "x -> y"}}]}}"#,
            "steps[0].a.steps[0].b: step 'b' needs 'y', which nothing provides; a later step gives it"
        ),
        (
            #"{"a": {"parallel": [{"b": {"predict": "question -> x"}}, {"c": {"predict": "x -> y"}}]}}"#,
            "parallel[1].c: step 'c' needs 'x', which nothing provides; a step that runs at the same time gives it"
        ),
        (
            #"{"a": {"parallel": [{"b": {"predict": "question -> x"}}, {"c": {"predict": "question -> x"}}]}}"#,
            "output 'x' of step 'c' hides that of step 'b'"
        ),
        (#"{"a": {"assert": "answer", "max_length": 3}}"#, "steps[0].a: step 'a' needs 'answer', which nothing provides"),
        (#"{"a": {"suggest": "question"}}"#, "a check demands something of 'question', by at least one of equals"),
        (
            #"{"a": {"assert": "question", "max_lenth": 3}}"#,
            "steps[0].a.max_lenth: unknown key 'max_lenth' in step 'a'; did you mean 'max_length'?"
        ),
        (
            #"{"a": {"assert": "question", "max_length": 3, "retry": "b"}}"#,
            "steps[0].a.retry: there is no step 'b' before this one"
        ),
        (#"{"a": {"assert": "question", "max_length": 3}}"#, "outputs: no step gives a value"),
        (#"{"metadata": {"predict": "question -> x"}}"#, "steps[0].metadata: a compiled program's file has another use"),
    ])
    func refusals(step: String, words: String) {
        let messages = findings("{\"steps\": [\(step)]}")
        #expect(messages.contains { $0.contains(words) }, "\(messages)")
    }

    @Test func aSearchCannotBeBlamed() {
        let section = #"""
            {"steps": [{"q": {"predict": "question -> query"}}, {"s": {"retrieve": "wiki"}},
              {"some": {"assert": "passages", "min_items": 1, "retry": "s"}}]}
            """#
        #expect(findings(section) == ["steps[2].some.retry: step 's' asks no model; name one that does: q"])
    }
}
