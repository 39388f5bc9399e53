import Optimizers
import Store
import Testing

@testable import Coordinator

@Suite struct SpendingTests {
    private func evaluation(_ candidate: String, _ block: [Int], fresh: [Int]? = nil, retry: Int = 0) -> Decision {
        Decision(
            key: "e/\(candidate)", stage: .search,
            work: .evaluate(trial: 1, candidate: candidate, split: .val, block: block, fresh: fresh ?? block, retry: retry))
    }

    private func usage(_ calls: Int, tokens: Int? = nil, role: String = "task") -> [RoleUsage] {
        [
            RoleUsage(
                role: role, calls: calls, promptTokens: (tokens ?? calls * 100) / 2, completionTokens: (tokens ?? calls * 100) / 2
            )
        ]
    }

    @Test func onlyAStepsOwnRowsAreAskedFor() {
        var spending = Spending()
        spending.tell(evaluation("a", [1, 2, 3], fresh: [3], retry: 1))
        spending.tell(evaluation("b", [1, 2], fresh: []))
        spending.tell(Decision(key: "b/0", stage: .bootstrap, work: .bootstrap(candidate: "t", examples: [4, 5], round: 2)))
        spending.tell(Decision(key: "t/0", stage: .search, work: .trace(candidate: "t", examples: [6], round: 2)))
        spending.tell(Decision(key: "stop", stage: .search, work: .stop(.budgetCalls, told: 1)))
        #expect(
            spending.waiting.map(\.work) == [
                .results(candidate: "a", split: "val", rollout: 1, examples: [3]),
                .results(candidate: "t", split: "train", rollout: 2, examples: [4, 5]),
                .results(candidate: "t", split: "train", rollout: 1002, examples: [6]),
            ])
        #expect(spending.waiting.map(\.runs) == [1, 2, 1])
    }

    /// A further run is expected to cost as much as the dearest candidate's, once enough of its runs are known.
    @Test func whatIsStillNeededIsForeseen() {
        var spending = Spending()
        // Nothing is known: a call is the least that a run makes.
        #expect(spending.expected(\.calls, further: 50) == 50)
        #expect(spending.expected(\.tokens, further: 50) == 0)
        spending.tell(evaluation("cheap", Array(0..<20)))
        spending.tell(evaluation("dear", Array(0..<20)))
        spending.tell(evaluation("few", Array(0..<5)))
        #expect(spending.expected(\.calls, further: 5) == 50, "45 runs are told and not summed")
        spending.add([usage(20), usage(40), usage(100)], cost: { _ in 0.5 })
        #expect(spending.waiting.isEmpty && spending.spent.calls == 160 && spending.spent.usd == 1.5)
        // 160 calls of 45 runs are more than 2 a run: the mean of all holds.
        #expect(abs(spending.expected(\.calls, further: 9) - (160 + 9 * 160 / 45.0)) < 1e-9)
        spending.tell(evaluation("dear2", Array(0..<20)))
        spending.add([usage(200)], cost: { _ in 0.5 })
        #expect(spending.expected(\.calls, further: 9) == 360 + 90)
    }

    @Test func whatCannotBeCountedIsNoticed() {
        var spending = Spending()
        spending.tell(evaluation("a", [1]))
        spending.tell(evaluation("b", [1]))
        spending.add([usage(1, tokens: 0), usage(1, role: "prompt")], cost: { _ in nil })
        #expect(spending.uncountedRoles == ["task"] && spending.unpricedRoles == ["prompt"])
    }

    @Test func usageIsAskedForInParts() {
        var spending = Spending()
        for name in ["a", "b", "c"] { spending.tell(evaluation(name, Array(0..<10))) }
        #expect(spending.next(examples: 15).count == 2 && spending.next(examples: 1).count == 1)
        #expect(spending.next(examples: 1000).count == 3)
    }
}
