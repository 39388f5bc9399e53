import Testing

@testable import Optimizers

/// Which rows a search by examples asks about.
@Suite struct SharedBlocksTests {
    @Test func blocksAreShared() throws {
        let rows = Array(0..<300)
        var blocks = SharedBlocks(rows: rows, seed: 3)
        var uses = [Int](repeating: 0, count: 300)
        for candidate in 0..<120 {
            let block = blocks.next(6, of: rows)
            #expect(Set(block).count == 6)
            for row in block { uses[row] += 1 }
            let used = uses.filter { $0 > 0 }
            #expect(used.count <= max(24, 6 * (candidate + 2) / 12 + 6), "few examples, each for many candidates")
        }
        let used = uses.filter { $0 > 0 }
        #expect(used.count >= 60, "more join as the search goes on")
        #expect((used.max() ?? 0) <= 24, "\(used)")
        // A candidate that has seen what has joined is given what joins next.
        let fresh = rows.filter { uses[$0] == 0 }
        #expect(Set(blocks.next(6, of: fresh)).isSubset(of: Set(fresh)))
        #expect(blocks.next(10, of: [4, 7]).sorted() == [4, 7])
        #expect(blocks.next(10, of: []).isEmpty)
    }

    /// With the uniform prior and k of n right: the mean of p(1 − p) under Beta(1 + k, 1 + n − k).
    @Test func theExpectedVarianceIsThatOfABeta() {
        for right in [1.0, 100, 1e200, 1e-200] {
            for (n, k) in (0...9).flatMap({ n in (0...n).map { (n, $0) } }) {
                var outcomes = RowOutcomes()
                for index in 0..<n { outcomes.take(index < k ? right : 0, of: 3) }
                let (a, b) = (Double(1 + k), Double(1 + n - k))
                let expected = a * b / ((a + b) * (a + b + 1))
                #expect(abs(outcomes.expectedVariance(of: 3) - expected) < 1e-12, "\(k) of \(n)")
                #expect(outcomes.expectedVariance(of: 4) == 1.0 / 6)
            }
        }
    }

    /// A metric with more than two values says nothing of rows, from its third value on.
    @Test func gradedResultsLeaveRowsEqual() {
        var outcomes = RowOutcomes()
        for _ in 0..<6 { outcomes.take(0.5, of: 1) }
        #expect(outcomes.expectedVariance(of: 1) < 0.12)
        outcomes.take(0.4, of: 2)
        outcomes.take(0.3, of: 2)
        for row in 1...3 { #expect(outcomes.expectedVariance(of: row) == RowOutcomes().expectedVariance(of: row)) }
    }

    @Test func rowsThatTellCandidatesApartComeFirst() {
        let rows = Array(0..<60)
        var blocks = SharedBlocks(rows: rows, seed: 3)
        for candidate in 0..<6 {
            for row in 0..<20 { blocks.take(1, of: row) }
            for row in 20..<30 { blocks.take(candidate % 2 == 0 ? 0.2 : 1, of: row) }
        }
        #expect(Set(blocks.next(10, of: rows)) == Set(20..<30), "where results differ")
        #expect(blocks.next(30, of: Array(0..<20) + Array(30..<60)).allSatisfy { $0 >= 30 }, "then what is unknown")
        #expect(Set(blocks.next(5, of: Array(0..<20))).count == 5, "whoever has no other rows gets what is alike")
        blocks.forgetResults()
        #expect(!Set(blocks.next(30, of: rows)).isDisjoint(with: 0..<20), "nothing is known any more")
    }

    /// No candidate is right on half of the rows: these are asked about little, unless the model sees nothing but means.
    @Test(arguments: [("racing, stop_probability: 0", true), ("gp", false)])
    func whatAllFailIsAskedAboutLittle(_ search: String, avoids: Bool) throws {
        let facts = try makeFacts(
            seed: 9, predictors: 2, val: 300, settings: flow("{kind: mipro, auto: medium, search: \(search), search_budget: 900}")
        )
        var surface = SimulatedSurface(facts: facts)
        surface.unsolvable = Set(stride(from: 0, to: 300, by: 2))
        let run = try PlanDriver.run(StudyPlan(facts), on: surface)
        let rows = run.decisions.flatMap { decision -> [Int] in
            guard decision.stage == .search, case .evaluate(_, _, _, _, let fresh, _) = decision.work else { return [] }
            return fresh
        }
        let share = Double(rows.count { surface.unsolvable.contains($0) }) / Double(rows.count)
        #expect(rows.count >= 900)
        #expect(avoids ? share < 0.35 : abs(share - 0.5) < 0.1, "\(share)")
    }
}
