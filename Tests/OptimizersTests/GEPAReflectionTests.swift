import JSON
import Programs
import Testing

@testable import Optimizers

@Suite struct GEPAReflectionTests {
    private let predictor: PredictorDescription

    init() throws {
        predictor = PredictorDescription(
            path: "intent.predict", signature: try Signature("utterance -> reasoning, intent", instructions: "Classify."),
            module: "ChainOfThought")
    }

    private func step(_ intent: String, path: String = "intent.predict") -> TraceStep {
        TraceStep(path: path, inputs: ["utterance": "lost it"], outputs: ["reasoning": "r", "intent": .string(intent)])
    }

    private func examples(_ attempts: [Attempt], showsFailures: Bool = false) -> [JSON]? {
        let row: JSONObject = ["utterance": "lost it", "intent": "card_lost"]
        let reflection = Reflection(
            predictor: predictor, instructions: "Sort.", attempts: attempts.map { (row, $0) }, showsFailures: showsFailures)
        let call = reflection.call(key: "k", seed: 1)
        #expect(call.map { $0.inputs["current_instruction"] == "Sort." && $0.temperature == 1 } ?? true)
        #expect(call.map { $0.signature.outputs.map(\.name) == ["new_instruction"] } ?? true)
        return call?.inputs["examples_with_feedback"]?.arrayValue
    }

    @Test func examplesShowInputsOutputsAndFeedback() {
        let attempt = Attempt(
            outcome: .scored(0), trace: [step("card_found")], feedback: "expected 'card_lost', got 'card_found'")
        let expected: JSON = [
            "Inputs": ["utterance": "lost it"], "Generated Outputs": ["reasoning": "r", "intent": "card_found"],
            "Feedback": "expected 'card_lost', got 'card_found'",
        ]
        #expect(examples([attempt]) == [expected])
    }

    @Test func withoutWordsTheScoreIsTheFeedback() {
        let shown = examples([Attempt(outcome: .scored(0.25), trace: [step("a")])])
        #expect(shown?.first?["Feedback"] == "This trajectory got a score of 0.25.")
    }

    @Test func oneOfSeveralCallsIsShown() {
        let attempt = Attempt(outcome: .scored(0), trace: [step("first"), step("other", path: "topic"), step("second")])
        let intent = examples([attempt])?.first?["Generated Outputs"]?["intent"]?.stringValue
        #expect(intent == "first" || intent == "second")
    }

    @Test func failuresAreShownWhereTheyAreAskedFor() {
        let failed = Attempt(
            outcome: .programError, trace: [], failure: "predictor 'intent.predict': no value for 'intent'\nIt is lost.\nReally.")
        #expect(examples([failed]) == nil)
        let shown = examples([failed], showsFailures: true)?.first
        #expect(shown?["Inputs"] == ["utterance": "lost it"], "the label is not shown")
        #expect(shown?["Generated Outputs"] == "It is lost.\nReally.")
        let feedback = shown?["Feedback"]?.stringValue ?? ""
        #expect(feedback.contains("no value for 'intent'") && feedback.contains("`reasoning`, `intent`"))
        let elsewhere = Attempt(outcome: .programError, trace: [], failure: "predictor 'topic': no value\nx")
        #expect(examples([elsewhere], showsFailures: true) == nil)
    }

    @Test func runsThatSayNothingAreLeftOut() {
        let others: [Attempt] = [
            Attempt(outcome: .infrastructureError, trace: []), Attempt(outcome: .metricError, trace: [step("a")]),
            Attempt(outcome: .scored(1), trace: [step("a", path: "topic")]),
        ]
        #expect(examples(others, showsFailures: true) == nil)
        #expect(examples(others + [Attempt(outcome: .scored(1), trace: [step("a")])])?.count == 1)
    }
}
