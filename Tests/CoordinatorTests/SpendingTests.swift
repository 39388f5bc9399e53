import Optimizers
import Programs
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
    @Test func whatARunTakesIsForeseen() {
        var spending = Spending()
        func calls(_ role: String = "task") -> Double { spending.perRun(role) { Double($0.calls) } }
        #expect(calls() == 0 && spending.knownRuns == 0)
        // Until runs are told, those that have ended say what a run takes.
        spending.foresee(Spending.Piece(work: .proposals(keys: []), runs: 10), usage(30))
        #expect(calls() == 3 && spending.knownRuns == 10)
        // A teacher's runs do not.
        spending.tell(Decision(key: "b/0", stage: .bootstrap, work: .bootstrap(candidate: "t", examples: [4, 5], round: 2)))
        spending.add([usage(2, role: "teacher")])
        #expect(calls() == 3 && calls("teacher") == 0 && spending.knownRuns == 10)
        spending.tell(evaluation("cheap", Array(0..<20)))
        spending.tell(evaluation("dear", Array(0..<20)))
        spending.tell(evaluation("few", Array(0..<5)))
        spending.add([usage(20), usage(40) + usage(10, role: "judge"), usage(100)])
        #expect(spending.waiting.isEmpty && spending.knownRuns == 45)
        // 160 calls of 45 runs are more than 2 a run: the mean of all holds.
        #expect(abs(calls() - 160 / 45.0) < 1e-9)
        #expect(calls("judge") == 0.5)
        spending.tell(evaluation("dear2", Array(0..<20)))
        spending.add([usage(200)])
        #expect(calls() == 10)
    }

    /// Longer prompts cost more before any of them has been sent.
    @Test func longerStatesAreForeseen() {
        func state(_ text: String) -> ProgramState { ProgramState([("p", PredictorState(instructions: text, demos: []))]) }
        func decision(_ state: ProgramState) -> Decision {
            Decision(
                key: "e/\(state.digest)", stage: .search,
                work: .evaluate(trial: 0, candidate: state.digest, split: .val, block: [1], fresh: [1], retry: 0),
                candidates: [Candidate(state)])
        }
        var spending = Spending()
        func tokens(_ role: String = "task") -> Double { spending.perRun(role) { Double($0.tokens) } }
        spending.note(decision(state("Do.")))
        spending.foresee(Spending.Piece(work: .proposals(keys: []), runs: 10), usage(10, tokens: 1000))
        #expect(tokens() == 100)
        spending.note(decision(state("Do." + String(repeating: "x", count: 400))))
        #expect(tokens() == 200 && tokens("teacher") == 0)
        #expect(spending.perRun("task") { Double($0.calls) } == 1)
    }

    /// Between two looks a fast study may pass both marks: both are said.
    @Test(arguments: [(4.9, []), (5.0, [50]), (7.9, [50]), (8.0, [50, 80]), (11.0, [50, 80])] as [(Double, [Int])])
    func everyPartThatIsPassedIsSaid(used: Double, percents: [Int]) {
        let warnings = BudgetWatch.Warning.passed("budget.usd", used: used, of: 10)
        #expect(warnings.map(\.percent) == percents)
        #expect(warnings.allSatisfy { $0.limit == "budget.usd" && $0.used == used && $0.cap == 10 })
    }

    @Test func usageIsAskedForInParts() {
        var spending = Spending()
        for name in ["a", "b", "c"] { spending.tell(evaluation(name, Array(0..<10))) }
        #expect(spending.next(examples: 15).count == 2 && spending.next(examples: 1).count == 1)
        #expect(spending.next(examples: 1000).count == 3)
    }
}
