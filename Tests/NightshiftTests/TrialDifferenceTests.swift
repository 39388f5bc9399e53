import JSON
import Testing

@testable import Nightshift
@testable import Store

struct TrialDifferenceTests {
    private func side(_ number: Int, _ instructions: String, demos: [JSON], scores: [Int: Double]) -> TrialDifference.Side {
        let trial = TrialRecord(
            number: number, candidate: "00000000000000a\(number)", params: [:], provenance: "search", state: "complete",
            score: scores.isEmpty ? nil : scores.values.reduce(0, +) / Double(scores.count), examples: scores.count, errors: 0,
            calls: 0,
            createdAt: "2026-11-23T03:45:30+00:00", finishedAt: nil)
        return .init(
            trial: trial, state: ["intent": ["instructions": .string(instructions), "demos": .array(demos)]], scores: scores)
    }

    @Test func whatDiffersIsSaidAndWhatIsCommonIsNot() {
        let shared: JSON = ["q": "a", "a": "b"]
        let difference = TrialDifference(
            side(0, "Classify.\nBe brief.\nThanks.", demos: [shared, ["q": "old"]], scores: [0: 1, 1: 0, 2: 1, 7: 1]),
            side(3, "Classify.\nThink first.\nThanks.", demos: [shared, ["q": "new"]], scores: [0: 1, 1: 1, 2: 0.5, 8: 1]))
        #expect(difference.better == [1] && difference.worse == [2] && difference.equal == 1)
        #expect(difference.gain == 0.5 / 3)
        let lines = DiffView(style: .plain).lines(difference)
        #expect(lines.contains("- Be brief.") && lines.contains("+ Think first.") && lines.contains("  Classify."))
        #expect(lines.contains("- q: old") && lines.contains("+ q: new") && lines.contains("  1 demo in both"))
        #expect(lines.firstIndex(of: "+ Think first.")! < lines.firstIndex(of: "  Thanks.")!)
        #expect(difference.json["predictors"]?[0]?["equal"] == false && difference.json["examples"]?["better"] == [1])
    }

    /// After training a predictor's model may be all that is new.
    @Test func anotherModelIsADifference() {
        let one = side(1, "Classify.", demos: [], scores: [0: 0])
        var tuned = side(2, "Classify.", demos: [], scores: [0: 1])
        tuned.state = ["intent": ["instructions": "Classify.", "demos": [], "model": "ft:sim:1"]]
        let difference = TrialDifference(one, tuned)
        #expect(difference.json["predictors"]?[0]?["equal"] == false)
        #expect(difference.json["predictors"]?[0]?["models"] == [.null, "ft:sim:1"])
        let lines = DiffView(style: .plain).lines(difference)
        #expect(lines.contains("- model: as the study says") && lines.contains("+ model: ft:sim:1"), "\(lines)")
        #expect(TrialView(style: .plain).lines(tuned.trial, state: tuned.state).contains("  model   ft:sim:1"))
    }

    @Test func equalTrialsAreTheSame() {
        let one = side(1, "Classify.", demos: [], scores: [:])
        let difference = TrialDifference(one, one)
        #expect(difference.gain == nil && difference.predictors.allSatisfy(\.isEqual))
        #expect(DiffView(style: .plain).lines(difference).contains("  no example has a score of both"))
    }
}
