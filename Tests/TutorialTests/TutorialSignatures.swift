import Nightshift
import Testing

// begin typed-signature
enum Intent: String, Codable, CaseIterable {
    case lostCard = "lost card"
    case transfer, exchange
}

struct Classify: TypedSignature {
    static let instructions = "Classify the customer's message."
    @Input("what the customer wrote") var message: String
    @Input var language = "English"
    @Output("what the customer wants") var intent: Intent
    @Output("5: at once", in: 1...5) var urgency: Int
    @Output("anything the bank should know") var note: String?
}
// end typed-signature

// begin nested-types
struct LineItem: Codable {
    var name: String
    var quantity: Int?
    var tags: [String]
}

struct ReadOrder: TypedSignature {
    @Input var mail: String
    @Output var items: [LineItem]
}
// end nested-types

private func shorthand() async throws -> Prediction {
    // begin shorthand
    let classify = Predict(
        "message, language: str = 'English' -> intent: Literal['lost card', 'transfer'], urgency: int",
        instructions: "Classify the customer's message.")
    let answer = try await classify(message: "My card is gone")
    let urgency: Int = try answer.urgency
    // end shorthand
    #expect(urgency == 4)
    return answer
}

private func fields() async throws -> Prediction {
    // begin fields
    let signature = try Signature(
        inputs: [Field(name: "message", description: "what the customer wrote")],
        outputs: [Field(name: "urgency", type: .int, description: "5: at once", limits: FieldLimits(["ge": 1, "le": 5]))],
        instructions: "Say how urgent the message is.")
    let rate = Predict(signature)
    // end fields
    return try await rate(message: "My card is gone")
}

private func typedCall() async throws -> Classify {
    // begin typed-call
    let classify = Classify.chainOfThought()
    let answer = try await classify(message: "My card is gone")
    if answer.intent == .lostCard, answer.urgency >= 4 { print(answer.note ?? "call back at once") }

    let checked = try await classify.ask {
        $0.message = "Wo ist meine Karte?"
        $0.language = "German"
    }
    // end typed-call
    return checked
}

@Suite struct TutorialSignatures {
    private let model = FieldModel([
        "reasoning": "A card is missing.", "intent": "lost card", "urgency": "4", "note": "call back",
        "items": #"[{"name": "lace", "quantity": 2, "tags": ["white"]}]"#,
    ])

    @Test func inThreeWays() async throws {
        try await withLanguageModel(model) {
            #expect(try await shorthand().intent == "lost card")
            #expect(try await fields().urgency == 4)
            let answer = try await typedCall()
            #expect(answer.intent == .lostCard)
            #expect(answer.note == "call back")
        }
        #expect(model.asked.last?.messages.last?.content.contains("German") == true)
    }

    @Test func nestedTypes() async throws {
        let order = try await withLanguageModel(model) { try await ReadOrder.predict()(mail: "two of lace, white") }
        #expect(order.items.first?.quantity == 2)
        #expect(order.items.first?.tags == ["white"])
    }
}
