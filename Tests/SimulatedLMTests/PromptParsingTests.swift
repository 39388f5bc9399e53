import JSON
import Testing

@testable import SimulatedLM

@Suite struct PromptParsingTests {
    @Test func readsTheChatAdaptersSystemMessage() {
        let head = PromptHead(parsing: Prompts.chatSystem("Sort the ticket.\n        Be strict.").content)
        #expect(head.inputs.map(\.name) == ["ticket"])
        #expect(head.outputs.map(\.name) == ["reasoning", "team", "urgency", "vip", "items"])
        #expect(head.outputs[0].kind == .text)
        #expect(head.outputs[1].kind == .label(["billing", "delivery", "password_reset"]))
        #expect(head.outputs[2].kind == .integer)
        #expect(head.outputs[3].kind == .boolean)
        #expect(head.outputs[2].description.contains("less than or equal to: 5"))
        guard case .schema(let schema) = head.outputs[4].kind else {
            Issue.record("items should be declared by a schema")
            return
        }
        #expect(schema["items"]?["$ref"] == "#/$defs/Item")
        #expect(head.instructions == "Sort the ticket.\nBe strict.")
    }

    @Test func readsTheJSONAdaptersSystemMessage() {
        let head = PromptHead(parsing: Prompts.jsonSystem().content)
        guard case .object = head.layout else {
            Issue.record("the layout should be an object")
            return
        }
        #expect(head.outputs.map(\.labels) == [[], Prompts.labels])
        #expect(head.instructions == "Sort the ticket.")
    }

    @Test func labelsComeFromTheHintWhereTheTypeHasNone() {
        let field = FieldDeclaration(name: "a", type: "Team", note: "must exactly match one of: red; dark blue", description: "")
        #expect(field.labels == ["red", "dark blue"])
    }

    @Test(arguments: [
        ("Literal['a', \"b's\"]", ["a", "b's"] as [JSON]), ("Literal[1, True, None]", [1, true, .null]),
        ("Literal['x, y', 'it\\'s']", ["x, y", "it's"]),
    ])
    func readsPythonLiterals(type: String, values: [JSON]) {
        #expect(PythonLiterals.values(in: type) == values)
    }

    @Test func missingDemoFieldsAreNotValues() {
        let messages = Prompts.demo("Card was charged twice", "billing")
        let demo = Demo(user: messages[0].content, assistant: messages[1].content, layout: .sections)
        #expect(demo.outputs == ["team": "billing"])
        #expect(demo.inputs["ticket"] == "Card was charged twice")
    }

    @Test func theReminderIsNotPartOfTheInput() {
        #expect(FinalTurn(parsing: Prompts.user("App crashes\non start").content).inputs["ticket"] == "App crashes\non start")
    }
}
