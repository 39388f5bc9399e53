import JSON
import Testing

@testable import SimulatedLM

@Suite struct KnowledgeTests {
    private let gsm =
        #"{"question": "Ann has 3 bags of 4 nuts. How many nuts?", "answer": "Ann has 3*4 = <<3*4=12>>12 nuts.\n#### 12"}"#

    private func prompt(_ outputs: [PartPrompt.Field], instructions: String = "Answer.") -> PartPrompt {
        PartPrompt(inputs: [("question", "str")], outputs: outputs, instructions: instructions)
    }

    @Test func theNumberIsAnsweredWithItsWorking() throws {
        let knowledge = try Knowledge(parsing: gsm.replacing("\"answer\"", with: "\"difficulty\": 0, \"answer\""))
        let question = ["question": "Ann has 3 bags of 4 nuts. How many nuts?"]
        let answer = prompt([("reasoning", "str"), ("answer", "str")]).answer(
            question, model: SimulatedModel(knowledge: knowledge))
        #expect(answer["answer"] == "12")
        #expect(answer["reasoning"] == "Ann has 3*4 = 12 nuts.")
        #expect(prompt([("answer", "int")]).answer(question, model: SimulatedModel(knowledge: knowledge))["answer"] == "12")
        #expect(
            prompt([("answer", "str")]).answer(["question": "Another?"], model: SimulatedModel(knowledge: knowledge))["answer"]
                != "12")
    }

    /// Share of right answers to questions of all difficulties.
    private func rights(_ outputs: [PartPrompt.Field], instructions: String = "Answer.") -> Int {
        let rows = (0..<100).map { number -> JSONObject in
            [
                "question": .string("Who founded firm \(number)?"), "answer": .string("Person \(number)"),
                "difficulty": .double(Double(number) / 100),
            ]
        }
        let model = SimulatedModel(knowledge: Knowledge(rows: rows))
        return (0..<100).count {
            prompt(outputs, instructions: instructions).answer(["question": "Who founded firm \($0)?"], model: model)["answer"]
                == "Person \($0)"
        }
    }

    @Test func reasoningAndInstructionsHelp() {
        let direct = rights([("answer", "str")])
        let reasoned = rights([("reasoning", "str"), ("answer", "str")])
        let instructed = rights([("reasoning", "str"), ("answer", "str")], instructions: PartPrompt.goodInstructions)
        #expect(
            direct >= 15 && direct < reasoned && reasoned + 5 <= instructed && instructed <= 90,
            "\(direct), \(reasoned), \(instructed)")
    }

    @Test func wrongAnswersAreOfTheSameKind() throws {
        let hard = gsm.replacing("\"answer\"", with: "\"difficulty\": 1, \"answer\"")
        let model = SimulatedModel(knowledge: try Knowledge(parsing: hard))
        let answer = prompt([("answer", "str")]).answer(["question": "Ann has 3 bags of 4 nuts. How many nuts?"], model: model)[
            "answer"]
        #expect(answer != "12" && answer.flatMap { Int($0) } != nil)
    }

    @Test func similarTextsHaveSimilarVectors() {
        func cosine(_ a: String, _ b: String) -> Double {
            zip(Embedding.vector(of: a), Embedding.vector(of: b)).reduce(0) { $0 + $1.0 * $1.1 }
        }
        let (near, far) = (
            cosine("The parcel arrived late and the box was torn", "My parcel came late, its box torn"),
            cosine("The parcel arrived late and the box was torn", "Which river flows through the old town?")
        )
        #expect(near > 0.4 && far < 0.25 && cosine("same text", "same text") > 0.999, "\(near), \(far)")
    }
}
