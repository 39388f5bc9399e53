import Programs
import Randomness
import Testing

@testable import Optimizers

@Suite struct GEPAMergingTests {
    private func state(_ texts: String...) -> ProgramState {
        ProgramState(texts.enumerated().map { ("step\($0)", PredictorState(instructions: $1)) })
    }

    /// 0 is the origin; 1 changed the first predictor, 2 the second; each is best on rows of its own.
    private func family() -> Population {
        var population = Population(origin: state("a", "b"), failureScore: 0)
        population.setScores([0, 0, 0, 0, 0, 0, 1], of: 0)
        population.add(trial: 1, state: state("a1", "b"), parents: [0], scores: [1, 1, 1, 0, 0, 0, 1])
        population.add(trial: 2, state: state("a", "b2"), parents: [0], scores: [0, 0, 0, 1, 1, 1, 1])
        return population
    }

    private func merge(_ merging: inout Merging, _ population: Population, draw: Int = 0) -> Merge? {
        var generator = KeyedGenerator(seed: 2, purpose: "merge", index: draw)
        return merging.next(population, &generator)
    }

    @Test func eachPredictorComesFromWhoChangedIt() throws {
        var merging = Merging(limit: 5)
        #expect(merge(&merging, family()) == nil, "no reflection has brought a member")
        merging.memberJoined()
        let found = try #require(merge(&merging, family()))
        #expect(found.state == state("a1", "b2"))
        #expect([found.first, found.second, found.ancestor] == [1, 2, 0])
    }

    @Test func nothingIsMergedTwice() {
        var merging = Merging(limit: 5)
        merging.memberJoined()
        #expect(merge(&merging, family()) != nil)
        #expect(merge(&merging, family(), draw: 1) == nil, "at most once after every new member")
        merging.tried(isAccepted: false)
        merging.memberJoined()
        #expect(merge(&merging, family(), draw: 2) == nil)
    }

    @Test func theLimitCountsAcceptedMerges() {
        var merging = Merging(limit: 1)
        merging.memberJoined()
        #expect(merge(&merging, family()) != nil)
        merging.tried(isAccepted: true)
        merging.memberJoined()
        var more = family()
        more.add(trial: 3, state: state("a3", "b"), parents: [0], scores: [2, 1, 1, 0, 0, 0, 1])
        #expect(merge(&merging, more) == nil)
        var none = Merging(limit: 0)
        none.memberJoined()
        #expect(merge(&none, family()) == nil)
    }

    @Test func descendantsAndWorseOnesThanTheirAncestorAreNotMerged() {
        // 2 descends from 1.
        var line = Population(origin: state("a", "b"), failureScore: 0)
        line.setScores([0, 0, 0, 0, 0, 0], of: 0)
        line.add(trial: 1, state: state("a1", "b"), parents: [0], scores: [1, 1, 1, 0, 0, 0])
        line.add(trial: 2, state: state("a1", "b2"), parents: [1], scores: [0, 0, 0, 1, 1, 1])
        var merging = Merging(limit: 5)
        merging.memberJoined()
        #expect(merge(&merging, line) == nil)
        #expect(line.ancestors(of: 2) == [0, 1])

        // The origin is better than 2.
        var worse = Population(origin: state("a", "b"), failureScore: 0)
        worse.setScores([0.5, 0.5, 0.5, 0.5, 0.5, 0.5], of: 0)
        worse.add(trial: 1, state: state("a1", "b"), parents: [0], scores: [1, 1, 1, 1, 0, 0])
        worse.add(trial: 2, state: state("a", "b2"), parents: [0], scores: [0, 0, 0, 0, 1, 0.9])
        merging.memberJoined()
        #expect(merge(&merging, worse) == nil)

        // One predictor: both have changed it.
        var single = Population(origin: state("a"), failureScore: 0)
        single.setScores([0, 0, 0, 0, 0, 0], of: 0)
        single.add(trial: 1, state: state("a1"), parents: [0], scores: [1, 1, 1, 0, 0, 0])
        single.add(trial: 2, state: state("a2"), parents: [0], scores: [0, 0, 0, 1, 1, 1])
        merging.memberJoined()
        #expect(merge(&merging, single) == nil)
    }

    @Test func whereBothChangedAPredictorTheBetterGivesIt() throws {
        var population = Population(origin: state("a", "b", "c"), failureScore: 0)
        population.setScores([0, 0, 0, 0, 0, 0], of: 0)
        population.add(trial: 1, state: state("a1", "b1", "c"), parents: [0], scores: [1, 1, 1, 0, 0, 0])
        population.add(trial: 2, state: state("a2", "b", "c"), parents: [0], scores: [0, 0, 0, 1, 1, 0])
        var merging = Merging(limit: 5)
        merging.memberJoined()
        #expect(try #require(merge(&merging, population)).state == state("a1", "b1", "c"))
    }

    @Test func tooFewCommonRowsAreNoBasis() {
        var population = Population(origin: state("a", "b"), failureScore: 0)
        population.setScores([0, 0, 0, 0], of: 0)
        population.add(trial: 1, state: state("a1", "b"), parents: [0], scores: [1, 1, 0, 0])
        population.add(trial: 2, state: state("a", "b2"), parents: [0], scores: [0, 0, 1, 1])
        var merging = Merging(limit: 5)
        merging.memberJoined()
        #expect(merge(&merging, population) == nil)
    }

    @Test func theCheckShowsBothParentsAtTheirBest() {
        let family = family()
        let found = Merge(first: 1, second: 2, ancestor: 0, state: state("a1", "b2"))
        for draw in 0..<20 {
            var generator = KeyedGenerator(seed: 3, purpose: "check", index: draw)
            let rows = Merging.checkRows(found, family, &generator)
            #expect(rows.count == 5 && Set(rows).count == 5)
            #expect(rows.count { $0 < 3 } == 2 && rows.count { (3..<6).contains($0) } == 2 && rows.contains(6))
        }
    }

    @Test func weightsDecideDraws() {
        var counts = [0, 0, 0]
        for index in 0..<3000 {
            var generator = KeyedGenerator(seed: 3, purpose: "weights", index: index)
            counts[generator.weighted([1, -4, 3])] += 1
        }
        #expect(counts[1] == 0 && abs(Double(counts[2]) / 3000 - 0.75) < 0.03)
        var generator = KeyedGenerator(seed: 3, purpose: "weights")
        #expect((0..<3).contains(generator.weighted([0, 0, -1])))
    }
}
