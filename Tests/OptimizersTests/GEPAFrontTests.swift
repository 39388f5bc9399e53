import Programs
import Randomness
import Testing

@testable import Optimizers

@Suite struct GEPAFrontTests {
    private func front(_ scores: [[Double?]]) -> ParetoFront {
        ParetoFront(scores: scores, means: scores.map { row in row.compactMap(\.self).reduce(0, +) / Double(max(row.count, 1)) })
    }

    private func leads(_ scores: [[Double?]]) -> [[Int]] { front(scores).leads.map { [$0.member, $0.rows] } }

    @Test func whoeverIsBestSomewhereAloneStays() {
        #expect(leads([[1, 0, 0], [0, 1, 0], [0, 0, 0]]) == [[0, 2], [1, 2]])
        #expect(leads([[1, 0.2, 0], [0, 0.3, 0.9], [0.9, 0.1, 0.8]]) == [[0, 1], [1, 2]])
    }

    @Test func whoeverIsNeverBestAloneGoes() {
        // 1 leads only together with 0 or 2, which lead alone elsewhere.
        #expect(leads([[1, 1, 0, 0], [1, 0, 0, 1], [0, 0, 1, 1]]) == [[0, 2], [2, 2]])
        // Of equals the later stays: the least, then the earliest goes first.
        #expect(leads([[1, 1], [1, 1]]) == [[1, 2]])
    }

    @Test func removingOneKeepsTheOtherWhoWasItsEqual() {
        // Rows 0 and 1 are led by {0, 1} alone: one of the two must stay.
        let members = front([[1, 1, 0], [1, 1, 0], [0, 0, 1]]).members
        #expect(members == [1, 2])
    }

    @Test func missingScoresLeadNowhere() {
        #expect(leads([[nil, 0.1], [0, nil]]) == [[0, 1], [1, 1]])
        #expect(leads([[nil, nil]]).isEmpty)
        #expect(leads([]).isEmpty)
    }

    @Test func everyRowKeepsABestMember() {
        var generator = KeyedGenerator(seed: 4, purpose: "front")
        for _ in 0..<300 {
            let (members, rows) = (1 + generator.below(7), 1 + generator.below(9))
            let scores = (0..<members).map { _ in (0..<rows).map { _ in Double(generator.below(3)) as Double? } }
            let kept = front(scores).members
            for row in 0..<rows {
                let best = scores.map { $0[row] ?? -1 }.max()
                #expect(kept.contains { scores[$0][row] == best })
            }
            // Nobody that stays could go.
            for member in kept {
                #expect(
                    (0..<rows).contains { row in
                        let best = scores.map { $0[row] ?? -1 }.max()
                        return scores[member][row] == best && !kept.contains { $0 != member && scores[$0][row] == best }
                    })
            }
        }
    }

    private func population(_ scores: [[Double?]], parents: [[Int]]? = nil) -> Population {
        let state = ProgramState([("a", PredictorState(instructions: "0"))])
        var population = Population(origin: state, failureScore: 0)
        population.setScores(scores[0], of: 0)
        for (trial, row) in scores.enumerated().dropFirst() {
            population.add(trial: trial, state: state, parents: parents?[trial] ?? [0], scores: row)
        }
        return population
    }

    @Test func parentsAreDrawnByHowOftenTheyLead() {
        // 1 leads three rows, 2 one, 0 none.
        let population = population([[0, 0, 0, 0], [1, 1, 1, 0], [0, 0, 0, 1]])
        var counts = [0, 0, 0]
        for index in 0..<4000 {
            var generator = KeyedGenerator(seed: 1, purpose: "parent", index: index)
            counts[population.parent(by: .pareto, &generator)] += 1
        }
        #expect(counts[0] == 0)
        #expect(abs(Double(counts[1]) / 4000 - 0.75) < 0.03)
        var generator = KeyedGenerator(seed: 1, purpose: "parent")
        #expect(population.parent(by: .currentBest, &generator) == 1)
        #expect(self.population([[0.5], [0.5]]).parent(by: .currentBest, &generator) == 0, "the earlier of equals")
        #expect(self.population([[nil], [nil]]).parent(by: .pareto, &generator) == 0)
    }

    @Test func predictorsTakeTurnsAndChildrenGoOn() {
        var population = population([[0], [1]])
        #expect((0..<4).map { _ in population.predictors(of: 0, by: .roundRobin, count: 3)[0] } == [0, 1, 2, 0])
        #expect(population.predictors(of: 1, by: .roundRobin, count: 3) == [0])
        #expect(population.predictors(of: 1, by: .all, count: 3) == [0, 1, 2])
        population.add(trial: 2, state: population.members[0].state, parents: [0, 1], scores: [1])
        #expect(population.predictors(of: 2, by: .roundRobin, count: 3) == [1], "both parents are at 1")
    }

    @Test func minibatchesUseAllRowsEquallyOften() {
        var batches = TrainingBatches(rowCount: 10, size: 3, seed: 5)
        #expect(batches.perEpoch == 4)
        let epochs = (0..<8).map { batches.rows(of: $0) }
        for rows in epochs { #expect(rows.count == 3 && Set(rows).count == 3) }
        #expect(Set(epochs[..<4].joined()) == Set(0..<10) && Set(epochs[4...].joined()) == Set(0..<10))
        #expect(epochs[..<4] != epochs[4...])
        #expect(batches.rows(of: 1) == epochs[1], "in any order")
        var few = TrainingBatches(rowCount: 2, size: 3, seed: 5)
        #expect(Set(few.rows(of: 7)) == [0, 1])
    }
}
