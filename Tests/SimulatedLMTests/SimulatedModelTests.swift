import JSON
import Testing

@testable import SimulatedLM

@Suite struct SimulatedModelTests {
    let model = SimulatedModel(seed: 3)

    private func team(
        _ ticket: String, demos: [ChatMessage] = [], instructions: String = "Sort the ticket.", model: SimulatedModel
    ) -> String? {
        let messages = [Prompts.chatSystem(instructions)] + demos + [Prompts.user(ticket)]
        return Prompts.value("team", in: model.answer(.init(messages: messages)))
    }

    @Test func everyFieldGetsAValueOfItsType() throws {
        let answer = model.answer(.init(messages: [Prompts.chatSystem(), Prompts.user("I was charged 3 times, call me")]))
        let sections = Sections(parsing: answer)
        #expect(sections.names == ["reasoning", "team", "urgency", "vip", "items"])
        #expect(Prompts.labels.contains(try #require(sections["team"])))
        #expect((1...5).contains(try #require(sections["urgency"].flatMap { Int($0) })))
        #expect(["True", "False"].contains(try #require(sections["vip"])))
        let items = try JSON(parsing: try #require(sections["items"]))
        #expect(items[0]?["name"]?.stringValue != nil)
        #expect(answer.hasSuffix("[[ ## completed ## ]]"))
    }

    @Test func theJSONLayoutIsAnsweredWithAnObject() throws {
        let messages = [
            Prompts.jsonSystem(), Prompts.user("Where is my parcel?", reminder: "Respond with a JSON object in the following …"),
        ]
        let answer = try JSON(parsing: model.answer(.init(messages: messages)))
        #expect(answer.objectValue?.keys == ["reasoning", "team"])
        #expect(Prompts.labels.contains(answer["team"]?.stringValue ?? ""))
    }

    @Test func theSameRequestGetsTheSameAnswerAndAnotherDrawMayDiffer() {
        let messages = [Prompts.chatSystem(), Prompts.user("Something is odd with what I have")]
        let first = model.answer(.init(messages: messages, temperature: 1, seed: 5, choice: 2))
        #expect(SimulatedModel(seed: 3).answer(.init(messages: messages, temperature: 1, seed: 5, choice: 2)) == first)
        let others = (0..<40).map { model.answer(.init(messages: messages, temperature: 1, seed: $0)) }
        #expect(Set(others).count > 1)
    }

    @Test func namesOfLabelsGuideTheAnswer() {
        let hits = (0..<40).count { seed in
            team("I forgot my password, please reset it", model: SimulatedModel(seed: UInt64(seed))) == "password_reset"
        }
        // By chance it would be 13; the noise of a vague instruction allows no more than a clear majority.
        #expect(hits >= 20, "\(hits) of 40")
    }

    @Test func demosMoveAnswers() {
        let demo = Prompts.demo("The zorgle on my frumpet went blup", "delivery")
        func hits(_ demos: [ChatMessage]) -> Int {
            (0..<60).count {
                team("My frumpet zorgle went blup", demos: demos, model: SimulatedModel(seed: UInt64($0))) == "delivery"
            }
        }
        let (without, with) = (hits([]), hits(demo))
        #expect(with >= without + 15, "\(without) → \(with) of 60")
    }

    @Test func knowledgeMovesAnswers() throws {
        let knowledge = try Knowledge(parsing: #"{"ticket": "The zorgle on my frumpet went blup", "team": "delivery"}"#)
        func hits(_ knowledge: Knowledge) -> Int {
            (0..<60).count {
                team("My frumpet zorgle went blup", model: SimulatedModel(seed: UInt64($0), knowledge: knowledge)) == "delivery"
            }
        }
        let (without, with) = (hits(.none), hits(knowledge))
        #expect(with >= without + 15, "\(without) → \(with) of 60")
    }

    @Test func badKnowledgeNamesItsLine() {
        let error = #expect(throws: Diagnostic.self) { try Knowledge(parsing: "{\"a\": 1}\n[1]\n") }
        #expect(error?.message.contains("line 2") == true)
    }

    @Test func betterInstructionsHelp() {
        let good = """
            Read the `ticket` carefully and choose the `team`: answer with exactly one of the listed values such as billing, delivery or \
            password_reset. Think step by step, compare the closest candidates first, and be precise about what the customer asks.
            """
        let tickets = [
            "The invoice is wrong", "My parcel is late", "I cannot log in with my password", "The bill names another firm",
        ]
        let teams = ["billing", "delivery", "password_reset", "billing"]
        func hits(_ instructions: String) -> Int {
            (0..<60).reduce(0) { sum, seed in
                sum
                    + zip(tickets, teams).count {
                        team($0, instructions: instructions, model: SimulatedModel(seed: UInt64(seed))) == $1
                    }
            }
        }
        let (plain, better) = (hits("Sort."), hits(good))
        #expect(better >= plain + 8, "\(plain) → \(better) of 240")
    }

    @Test func malformedAnswersHaveNoFields() {
        let answer = model.answer(.init(messages: [Prompts.chatSystem(), Prompts.user("Hello")]), malformation: .empty)
        #expect(Prompts.value("team", in: answer) == nil)
    }
}
