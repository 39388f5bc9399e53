import JSON
import Testing

@testable import Programs

@Suite struct TypedSignatureTests {
    enum Intent: String, Codable, CaseIterable { case card, transfer }

    struct Item: Codable, Equatable {
        var name: String
        var quantity: Int?
        var tags: [String]
        var kind: Intent
    }

    struct Classify: TypedSignature {
        static let instructions = "Classify the customer's query."
        @Input("what the customer wrote") var message: String
        @Input var language = "English"
        @Output("what the customer wants") var intent: Intent
        @Output(in: 1...5) var urgency: Int
        @Output var note: String?
        @Output var items: [Item] = []
    }

    struct Triage: Program {
        let classify = Classify.chainOfThought()
        let reply = Predict("message, intent -> reply")

        func forward(_ inputs: JSONObject) async throws -> Prediction {
            let message = inputs["message"] ?? .null
            let classified = try await classify(message: message)
            return try await reply(message: message, intent: classified.intent)
        }
    }

    private let answer = """
        [[ ## reasoning ## ]]
        It is lost.
        [[ ## intent ## ]]
        card
        [[ ## urgency ## ]]
        4
        [[ ## note ## ]]
        call back
        [[ ## items ## ]]
        [{"name": "x", "tags": ["a"], "kind": "transfer"}]
        """

    @Test func becomesASignature() throws {
        let signature = Classify.signature
        #expect(signature.inputs.map(\.name) == ["message", "language"])
        #expect(signature.outputs.map(\.name) == ["intent", "urgency", "note", "items"])
        #expect(signature.instructions == "Classify the customer's query.")
        #expect(signature.inputs[0].description == "what the customer wrote")
        #expect(signature.inputs[1].defaultValue == "English")
        #expect(signature.outputs[0].type == .literal(["card", "transfer"]))
        #expect(signature.outputs[1].limits.text == "greater than or equal to: 1, less than or equal to: 5")
        #expect(signature.outputs[2].type == .optional(.string))
        let expected = ObjectType(
            name: "Item",
            properties: [
                .init(name: "name", type: .string), .init(name: "quantity", type: .optional(.int), defaultValue: JSON.null),
                .init(name: "tags", type: .list(.string)), .init(name: "kind", type: .literal(["card", "transfer"])),
            ])
        #expect(signature.outputs[3].type == .list(.object(expected)))
    }

    @Test func answersWithTypedValues() async throws {
        let model = ScriptedModel { [answer] _ in answer }
        let classify = Classify.predict()
        try await withLanguageModel(model) {
            let byName = try await classify(message: "My card is gone")
            #expect(byName.intent == .card)
            #expect(byName.urgency == 4)
            #expect(byName.note == "call back")
            #expect(byName.items == [Item(name: "x", quantity: nil, tags: ["a"], kind: .transfer)])
            #expect(byName.message == "My card is gone")
            let checked = try await classify.ask { $0.message = "My card is gone" }
            #expect(checked.intent == .card)
        }
        #expect(model.asked[0] == model.asked[1])
        #expect(model.asked[0].messages.last?.content.contains("[[ ## language ## ]]\nEnglish") == true)
    }

    @Test func valuesBehaveAsValues() {
        var first = Classify()
        first.message = "one"
        var second = first
        second.message = "two"
        #expect(first.message == "one")
        #expect(first.note == nil)
    }

    @Test func partsOfAProgram() async throws {
        #expect(SwiftProgram(Triage.self, name: "triage").predictors.map(\.path) == ["classify.predict", "reply"])
        let model = ScriptedModel { [answer] request in
            request.messages.last?.content.contains("`[[ ## reply ## ]]`") == true ? "[[ ## reply ## ]]\nWe block it." : answer
        }
        let reply: String = try await withLanguageModel(model) { try await Triage()(message: "My card is gone").reply }
        #expect(reply == "We block it.")
    }

    @Test func saysWhatDoesNotFit() async throws {
        #expect(throws: RunFailure.self) { try Classify(values: ["urgency": "high"]) }
        let prediction = Prediction(fields: ["answer": "42", "score": 0.5])
        #expect(try prediction.answer == "42")
        let score: Double = try prediction.score
        #expect(score == 0.5)
        #expect(throws: RunFailure.self) { _ = try prediction.anwser as String }
        await #expect(throws: RunFailure.self) { try await Predict("a -> b")(a: (1, 2)) }
    }
}

extension TypedSignatureTests {
    struct Ticket: TypedSignature {
        @Input var message: String
        @Input var language = "English"
        @Output var intent: Intent
        @Output var reply: String
        @Output var note: String?
    }

    struct Desk: TypedProgram {
        let classify = Classify.chainOfThought()
        let reply = Predict("message, intent -> reply")

        func respond(to ticket: Ticket) async throws -> Ticket {
            var ticket = ticket
            ticket.intent = try await classify(message: ticket.message).intent
            if ticket.intent == .transfer { return ticket }
            ticket.reply = try await reply(message: ticket.message, intent: ticket.intent).reply
            return ticket
        }
    }

    private func desk(_ intent: String) -> ScriptedModel {
        ScriptedModel { request in
            request.messages.last?.content.contains("`[[ ## reply ## ]]`") == true
                ? "[[ ## reply ## ]]\nWe block it."
                : "[[ ## reasoning ## ]]\nr\n[[ ## intent ## ]]\n\(intent)\n[[ ## urgency ## ]]\n2\n[[ ## items ## ]]\n[]"
        }
    }

    @Test func typedPrograms() async throws {
        let host = SwiftProgram(Desk.self, name: "desk")
        #expect(host.predictors.map(\.path) == ["classify.predict", "reply"])
        #expect(host.inputNames == ["message", "language"])
        #expect(host.outputNames == ["intent", "reply", "note"])
        try await withLanguageModel(desk("card")) {
            let ticket = try await Desk()(message: "gone")
            #expect(ticket.intent == .card)
            #expect(ticket.reply == "We block it.")
            let asked = try await Desk().ask { $0.message = "gone" }
            #expect(asked.reply == "We block it.")
            let prediction: Prediction = try await Desk()(message: "gone")
            #expect(prediction.fields == ["intent": "card", "reply": "We block it.", "note": .null])
        }
        let unset = await host.run(["message": "gone"], in: RunContext(state: host.initialState, model: desk("transfer")))
        #expect(throws: RunFailure(fault: .program, kind: "output", message: "Desk left its output 'reply' unset")) {
            try unset.outcome.get()
        }
        let missing = await host.run(["language": "German"], in: RunContext(state: host.initialState, model: desk("card")))
        #expect { try missing.outcome.get() } throws: { ($0 as? RunFailure)?.kind == "missing_input" }
        await #expect { try await withLanguageModel(self.desk("card")) { try await Desk()(mesage: "gone") as Ticket } } throws: {
            ($0 as? RunFailure)?.message.contains("did you mean 'message'?") == true
        }
    }

    @Test func typedModulesOfOtherKinds() {
        let tool = FunctionTool(name: "look", description: "Looks.", parameters: [Field(name: "at")]) { _ in "nothing" }
        #expect(SwiftProgram(Classify.react(tools: [tool]), name: "r").predictors.map(\.path) == ["react", "extract.predict"])
        #expect(SwiftProgram(Classify.react(tools: [tool]), name: "r").outputNames == ["intent", "urgency", "note", "items"])
        #expect(
            SwiftProgram(Classify.chainOfThought().best(of: 2) { _ in 1 }, name: "b").predictors.map(\.path) == ["module.predict"]
        )
        #expect(SwiftProgram(Classify.predict().refined(upTo: 2) { _ in 1 }, name: "b").predictors.map(\.path) == ["module"])
        #expect(SwiftProgram(Classify.programOfThought(), name: "p").predictors.map(\.path).first == "code_generate.predict")
    }
}
