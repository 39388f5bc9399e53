import JSON
import Testing

@testable import SimulatedLM

@Suite struct RevisionTests {
    private func revised(_ past: String, _ feedback: String, output: PartPrompt.Field = ("search_query", "str"), seed: UInt64 = 1)
        -> String
    {
        let prompt = PartPrompt(
            inputs: [("question", "str"), ("past_\(output.name)", output.type), ("feedback", "str")], outputs: [output],
            instructions: "Write it.")
        let values = ["question": Library.question, "past_\(output.name)": past, "feedback": feedback]
        return prompt.answer(values, model: SimulatedModel(seed: seed))[output.name] ?? ""
    }

    @Test func shorterIsShorter() {
        for seed in 0..<30 as Range<UInt64> {
            let query = revised(Library.question, "`search_query` must be at most 25 characters long.", seed: seed)
            #expect(query.count <= 25 && !query.isEmpty)
        }
    }

    @Test func theAnswerChanges() {
        for seed in 0..<30 as Range<UInt64> {
            #expect(
                revised("Irongate Bridge builder born", "It must differ from earlier queries.", seed: seed)
                    != "Irongate Bridge builder born")
            #expect(revised("blue", "Wrong.", output: ("colour", "Literal['red', 'blue']"), seed: seed) == "red" || seed % 2 < 2)
        }
        let reds = (0..<40).count { revised("blue", "Wrong.", output: ("colour", "Literal['red', 'blue']"), seed: $0) == "red" }
        #expect(reds >= 33, "\(reds) of 40")
    }

    @Test func feedbackAloneIsAnInputOfTheTask() {
        let head = PromptHead(
            parsing: PartPrompt(inputs: [("feedback", "str")], outputs: [("mood", "Literal['happy', 'sad']")]).system.content)
        let turn = FinalTurn(parsing: "[[ ## feedback ## ]]\nIt was great", head: head)
        #expect(turn.revision == nil && turn.inputs["feedback"] == "It was great")
    }

    @Test func aHintRaisesTheAbilityAndNoHintDoesNot() {
        func ability(_ hint: String) -> Double {
            let prompt = PartPrompt(inputs: [("question", "str"), ("hint_", "str")], outputs: [("answer", "str")])
            let messages = prompt.messages(["question": "Who?", "hint_": hint])
            let context = PromptContext(messages.dropLast(), digest: Digest(), knowledge: .none)
            let turn = FinalTurn(parsing: messages[1].content, head: context.head)
            #expect(turn.inputs.names == ["question"])
            return Situation(context: context, turn: turn, hard: Digest(), draw: Digest()).ability.level
        }
        #expect(ability("Look closer.") > ability("N/A"))
    }

    @Test func demandsAreUnderstood() {
        #expect(TextRules(parsing: "The query must have at most 5 words").maxWords == 5)
        #expect(TextRules(parsing: "`x` must be at most 60 characters long.").maxCharacters == 60)
        #expect(TextRules(parsing: "`x` must be at least 60 characters long.").maxCharacters == nil)
        #expect(TextRules(parsing: "Please be more concise").isShorter)
        #expect(TextRules(parsing: #"`x` must contain "river""#).applied(to: "the valley") == "the valley river")
        #expect(TextRules(parsing: #"`x` must be one of "a", "b"."#).applied(to: "c", past: "a") == "b")
        #expect(TextRules(parsing: "Name the queue of 12 tickets.") == TextRules(parsing: ""))
    }

    @Test func adviceNamesEveryModule() throws {
        let prompt = PartPrompt(
            inputs: [("program_inputs", "str"), ("reward_code", "str"), ("module_names", "list[str]")],
            outputs: [("discussion", "str"), ("advice", "dict[str, str]")])
        let advice = try #require(
            prompt.answer([
                "program_inputs": "x", "reward_code": "len(p.answer) < 9", "module_names": #"["query", "answer.predict"]"#,
            ])["advice"])
        let object = try #require(PythonValue.parse(advice[...])?.objectValue)
        #expect(object.keys == ["query", "answer.predict"])
        #expect(object["query"]?.stringValue?.contains("short") == true)
    }
}
