import JSON
import Testing

@testable import Programs

@Suite struct DeclaredProgramTests {
    static let section: JSON = [
        "steps": [
            ["topic": ["predict": "utterance -> topic: Literal['card', 'cash']", "instructions": "Name the area.\n"]],
            [
                "intent": [
                    "chain_of_thought": "query, topic -> intent", "with": ["query": "utterance"],
                    "fields": ["intent": ["enum": "labels.json", "desc": "one of the bank's intents"]],
                ]
            ],
        ]
    ]

    private func program(_ section: JSON = section, inputs: [String]? = nil) throws -> DeclaredProgram {
        try DeclaredProgram(section: section, inputs: inputs) { name in name == "labels.json" ? ["lost", "late"] : [] }
    }

    private func findings(_ section: JSON, inputs: [String]? = nil) -> [String] {
        do {
            _ = try program(section, inputs: inputs)
            return []
        } catch let error as Diagnostics { return error.all.map(\.description) } catch { return ["\(error)"] }
    }

    @Test func reading() throws {
        let program = try program()
        #expect(program.predictors.map(\.path) == ["topic", "intent.predict"])
        #expect(program.inputNames == ["utterance"] && program.outputNames == ["intent"])
        let intent = program.predictors[1].signature
        #expect(intent.outputs.map(\.name) == ["reasoning", "intent"])
        #expect(
            intent.outputs[1].type == .literal(["lost", "late"]) && intent.outputs[1].description == "one of the bank's intents")
        #expect(intent.instructions == "Given the fields `query`, `topic`, produce the fields `intent`.")
        #expect(program.predictors[0].signature.instructions == "Name the area.")
        #expect(try DeclaredProgram(json: JSON(parsing: program.json.serialized())).json == program.json)
        #expect(program.fingerprint.count == 16)
        #expect(program.sourceText.contains("intent = self.intent(query=utterance, topic=topic)"))
    }

    /// Optimisers' decisions hang on both.
    @Test func whatTravelsAndWhatProposersReadStayAsTheyAre() throws {
        let program = try program()
        let field: (String) -> JSON = { ["name": .string($0), "type": "str"] }
        #expect(
            program.json["steps"]?[0] == [
                "name": "topic", "module": "predict",
                "signature": [
                    "instructions": "Name the area.", "inputs": [field("utterance")],
                    "outputs": [["name": "topic", "type": ["literal": ["card", "cash"]]]],
                ], "with": [:],
            ])
        #expect(program.json.objectValue?.keys == ["inputs", "outputs", "steps"])
        #expect(program.json["steps"]?[1]?.objectValue?.keys == ["name", "module", "signature", "with"])
        #expect(
            program.sourceText == """
                class Program(Module):
                    def __init__(self):
                        # Name the area.
                        self.topic = Predict("utterance -> topic: Literal['card', 'cash']")
                        # Given the fields `query`, `topic`, produce the fields `intent`.
                        self.intent = ChainOfThought("query, topic -> intent: Literal['lost', 'late']")

                    def forward(self, utterance):
                        topic = self.topic(utterance=utterance)
                        intent = self.intent(query=utterance, topic=topic)
                        return intent
                """)
    }

    @Test func running() async throws {
        let program = try program()
        let model = ScriptedModel { request throws(LanguageModelError) in
            let isTopic = request.messages[0].content.contains("Name the area.")
            return isTopic ? "[[ ## topic ## ]]\ncash" : "[[ ## reasoning ## ]]\nr\n[[ ## intent ## ]]\nlate"
        }
        let result = await program.run(
            ["utterance": "u", "intent": "label"], in: RunContext(state: program.initialState, model: model))
        #expect(try result.outcome.get().fields == ["intent": "late"])
        #expect(
            result.trace == [
                TraceStep(path: "topic", inputs: ["utterance": "u"], outputs: ["topic": "cash"]),
                TraceStep(
                    path: "intent.predict", inputs: ["query": "u", "topic": "cash"],
                    outputs: ["reasoning": "r", "intent": "late"]),
            ])
        #expect(try result.trace.map { try TraceStep(json: $0.json) } == result.trace)
        #expect(model.asked.allSatisfy { $0.temperature == nil && $0.rollout == nil })
    }

    @Test func anUnparseableAnswerIsTheProgramsFault() async throws {
        let program = try program()
        let model = ScriptedModel { request throws(LanguageModelError) in
            request.messages[0].content.contains("Name the area.") ? "[[ ## topic ## ]]\ncash" : "I would say late"
        }
        let result = await program.run(["utterance": "u"], in: RunContext(state: program.initialState, model: model))
        guard case .failure(let failure) = result.outcome else {
            Issue.record("expected a failure")
            return
        }
        #expect(
            failure.fault == .program && failure.kind == "unparseable"
                && failure.rawTexts == ["I would say late", "I would say late"])
        #expect(failure.message.hasPrefix("predictor 'intent.predict':"))
        #expect(result.usage.total.calls == 3 && result.trace.count == 1)
        let missing = await program.run([:], in: RunContext(state: program.initialState, model: model))
        guard case .failure(let absent) = missing.outcome else {
            Issue.record("expected a failure")
            return
        }
        #expect(absent.kind == "missing_input" && missing.usage == .zero)
    }

    @Test func outputsAndQualifiedNames() throws {
        var section = try #require(Self.section.objectValue)
        section["outputs"] = ["topic", "intent.reasoning", "intent"]
        #expect(try program(.object(section)).outputNames == ["topic", "intent.reasoning", "intent"])
        section["outputs"] = ["topik"]
        #expect(
            findings(.object(section)) == [
                "outputs[0]: no step gives 'topik'; did you mean 'topic'? Given: intent, topic, topic.topic, intent.reasoning, intent.intent"
            ])
    }

    @Test(arguments: [
        (#"{"step": []}"#, "step: unknown key 'step' in program; did you mean 'steps'?"),
        (
            #"{"steps": [{"a": {"predikt": "q -> a"}}]}"#,
            "steps[0].a.predikt: unknown key 'predikt' in step 'a'; did you mean 'predict'? Allowed: predict, chain_of_thought, react"
        ),
        (#"{"steps": [{"a": {"predict": "q -> x"}}, {"a": {"predict": "q -> y"}}]}"#, "steps[1].a: step 'a' appears twice"),
        (
            #"{"steps": [{"a": {"predict": "q -> x"}}, {"b": {"predict": "q -> x"}}]}"#,
            "steps[1].b: output 'x' of step 'b' hides that of step 'a'"
        ),
        (#"{"steps": [{"a": {"predict": "x -> q"}}]}"#, "steps[0].a: step 'a' needs 'x', which nothing provides. Available: q"),
        (#"{"steps": [{"a": {"predict": "quary -> x"}}]}"#, "needs 'quary', which nothing provides. Available: q"),
        (
            #"{"steps": [{"a": {"predict": "q, y -> x"}}, {"b": {"predict": "q -> y"}}]}"#,
            "a later step gives it, move that step up"
        ),
        (
            #"{"steps": [{"a": {"predict": "q -> x", "fields": {"y": {}}}}]}"#,
            "steps[0].a.fields.y: the signature has no field 'y'"
        ),
        (#"{"steps": [{"a": {"predict": "q -> x", "fields": {"x": {"enmu": []}}}}]}"#, "did you mean 'enum'?"),
        (#"{"steps": [{"a": {"predict": "q -> x", "fields": {"x": {"enum": []}}}}]}"#, "an enum needs at least one value"),
        (#"{"steps": [{"a": {"predict": "q -> x: int", "fields": {"x": {"enum": ["a"]}}}}]}"#, "an enum refines a str"),
        (#"{"steps": [{"a": {"predict": "q -> x", "fields": {"x": {"ge": "1"}}}}]}"#, "steps[0].a.fields.x.ge: 'ge' is a number"),
        (#"{"steps": [{"a": {"predict": "q -> x", "with": {"p": "q"}}}]}"#, "steps[0].a.with.p: the step has no input 'p'"),
        (#"{"steps": [{"a": {"predict": "p -> x", "with": {"p": "qq"}}}]}"#, "steps[0].a.with.p: step 'a' needs 'qq'"),
        (#"{"steps": [{"a b": {"predict": "q -> x"}}]}"#, "is not a name"),
        (#"{"steps": [{"a": {"predict": "q x"}}]}"#, "steps[0].a.predict: a signature needs exactly one '->'"),
        (#"{"steps": [{"a": {"instructions": "x"}}]}"#, "step 'a' needs one of predict, chain_of_thought, react, retrieve"),
        (
            #"{"steps": [{"a": {"predict": "q -> x", "chain_of_thought": "q -> x"}}]}"#,
            "step 'a' is both 'predict' and 'chain_of_thought'; keep one"
        ),
        (#"{"steps": [{"a": {"predict": "q -> x", "k": 3}}]}"#, "steps[0].a.k: unknown key 'k' in step 'a'"),
        (#"{"steps": [{"a": {"predict": "q -> x", "adapter": "jsn"}}]}"#, "there is no adapter 'jsn'; did you mean 'json'?"),
        (#"{"steps": [{"a": {"predict": "q -> x", "demos": [{"y": 1}]}}]}"#, "steps[0].a.demos[0].y: unknown key 'y' in a demo"),
        (#"{"steps": [{"a": {"predict": "q -> x: int", "demos": [{"x": "one"}]}}]}"#, "demos[0].x: \"one\" is not a valid int"),
        (#"{"steps": [{"a": {"predict": "q -> x"}}], "max_backtracks": -1}"#, "max_backtracks: 'max_backtracks' is a count"),
        (#"{"steps": [{"a": {"predict": "q -> x"}}], "code_execution": "yes"}"#, "'code_execution' is true or false"),
        (#"{"steps": []}"#, "a program needs a list of steps"), (#"[]"#, "program is an object"),
        (
            #"{"steps": [{"a": {"predict": "q -> x: list[object]", "fields": {"x": {"properties": {"n": "itn"}}}}}]}"#,
            "fields.x.properties.n.type: unknown type 'itn'; did you mean 'int'?"
        ),
    ])
    func refusals(text: String, words: String) throws {
        let messages = findings(try JSON(parsing: text), inputs: ["q"])
        #expect(messages.contains { $0.contains(words) }, "\(messages)")
    }
}
