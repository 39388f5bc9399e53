import JSON
import Programs
import Testing

@testable import Coordinator

/// No demo may come from a study's validation or test data.
@Suite struct HeldOutRowsTests {
    private let heldOut = HeldOutRows(
        inputs: ["city", "year"], rows: [["city": "Rome", "year": 1990, "answer": "x"], ["city": "Oslo\n coast", "year": 2001]])

    private func kept(_ demos: JSONObject...) -> Int? {
        let state = ProgramState([("answer", PredictorState(instructions: "Answer.", demos: demos))])
        return heldOut.cleared(state)?["answer"]?.demos.count
    }

    @Test func demosOfHeldOutRowsAreDropped() {
        #expect(kept(["city": "Rome", "year": 1990, "answer": "y"]) == 0)
        #expect(kept(["city": "Rome", "year": 1991, "answer": "y"]) == 1)
        #expect(kept(["city": "Rome", "year": "1990", "reasoning": "…"]) == 0, "a number may be written as text")
        #expect(kept(["city": " Oslo coast", "year": 2001]) == 0, "white space is no difference")
        #expect(kept(["city": "Bonn", "year": 1, "a": "1"], ["city": "Rome", "year": 1990]) == 1)
    }

    /// A step sees some of the inputs, or none.
    @Test func whatMayBeHeldOutIsDropped() {
        #expect(kept(["city": "Rome", "answer": "y"]) == 0)
        #expect(kept(["city": "Bonn", "answer": "y"]) == 1)
        #expect(kept(["draft": "y", "answer": "z"]) == 0)
    }

    @Test func whatCannotBeLookedThroughIsNotTaken() {
        var tuned = ProgramState([("answer", PredictorState(instructions: "Answer.", model: "openai/ft:x"))])
        #expect(heldOut.cleared(tuned) == nil)
        tuned["answer"]?.model = nil
        #expect(heldOut.cleared(tuned) == tuned)
        tuned.ensemble = EnsembleState(partners: [tuned])
        #expect(heldOut.cleared(tuned) == nil)
    }
}
