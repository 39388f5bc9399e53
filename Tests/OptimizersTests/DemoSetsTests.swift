import JSON
import Programs
import Randomness
import Testing

@testable import Optimizers

@Suite struct DemoSetsTests {
    /// Answers all waves and returns the finished sets.
    private func complete(_ sets: inout DemoSets, facts: StudyFacts, surface: SimulatedSurface) throws -> (
        waves: Int, attempts: Int
    ) {
        var record = PlanRecord(facts: facts)
        var (waves, attempts) = (0, 0)
        while !sets.isComplete {
            var issued: [(Int, Decision)] = []
            while let decision = sets.nextDecision(&record) { issued.append((record.lastDecision, decision)) }
            try #require(!issued.isEmpty)
            waves += 1
            for (index, decision) in issued {
                guard case .bootstrapped(let answers) = surface.answer(decision, states: [:]) else { continue }
                attempts += answers.count
                sets.tell(answers, of: index)
            }
        }
        #expect(sets.nextDecision(&record) == nil)
        return (waves, attempts)
    }

    /// One row after the other, as BootstrapFewShot does it.
    private func sequential(_ order: [Int], size: Int, rounds: Int, surface: SimulatedSurface) -> [(row: Int, round: Int)] {
        var kept: [(Int, Int)] = []
        for row in order where kept.count < size {
            if let round = (0..<rounds).first(where: { surface.succeeds(row: row, round: $0) }) { kept.append((row, round)) }
        }
        return kept
    }

    @Test(arguments: 0..<60)
    func setsEqualTheSequentialAlgorithms(seed: Int) throws {
        let rounds = 1 + seed % 3
        let limits = DemoLimits(bootstrapped: 1 + seed % 5, labeled: seed % 4 * 2)
        let facts = try makeFacts(seed: UInt64(seed), train: 5 + seed, settings: flow("{kind: mipro, search: tpe}"))
        var surface = SimulatedSurface(facts: facts)
        surface.teacherSkill = [0.05, 0.3, 0.9, 1, 0][seed % 5]
        var sets = DemoSets(facts: facts, numbers: -3..<8, limits: limits, maxRounds: rounds, threshold: nil)
        _ = try complete(&sets, facts: facts, surface: surface)
        for (recipe, set) in zip(sets.recipes, sets.sets()) {
            for path in facts.initial.paths {
                let demos = set[path] ?? []
                let traced = demos.filter { $0["augmented"] == true }
                switch recipe.kind {
                case .zeroShot: #expect(demos.isEmpty)
                case .labelled: #expect(traced.isEmpty && demos.count == min(limits.labeled, facts.train.count))
                case .bootstrapped(let order, let size):
                    let expected = sequential(order, size: size, rounds: rounds, surface: surface)
                    #expect(traced.compactMap { $0["row"]?.intValue } == expected.map(\.row))
                    #expect(traced.compactMap { $0["round"]?.intValue } == expected.map(\.round))
                    let labelled = demos.filter { $0["augmented"] == nil }
                    let room = max(0, limits.labeled - traced.count)
                    #expect(labelled.count == min(room, facts.train.count - expected.count))
                    let tracedQuestions = Set(traced.map { $0["question"]?.stringValue })
                    #expect(labelled.allSatisfy { !tracedQuestions.contains($0["question"]?.stringValue) })
                    #expect(Array(demos.prefix(traced.count)) == traced, "traced demos come first")
                }
            }
        }
    }

    @Test func recipesAreThoseOfDSPy() throws {
        let facts = try makeFacts(settings: flow("{kind: mipro, search: tpe}"))
        let limits = DemoLimits(bootstrapped: 4, labeled: 4)
        let sets = DemoSets(facts: facts, numbers: -3..<20, limits: limits, maxRounds: 1, threshold: nil)
        #expect(sets.recipes[0].kind == .zeroShot && sets.recipes[1].kind == .labelled)
        #expect(sets.recipes[2].kind == .bootstrapped(order: Array(0..<40), size: 4))
        var sizes: Set<Int> = []
        for recipe in sets.recipes.dropFirst(3) {
            guard case .bootstrapped(let order, let size) = recipe.kind else { continue }
            #expect(order.sorted() == Array(0..<40) && order != Array(0..<40))
            sizes.insert(size)
        }
        #expect(sizes == [1, 2, 3, 4])
        let unlabelled = DemoSetRecipe(number: -2, limits: DemoLimits(bootstrapped: 2, labeled: 0), rowCount: 9, seed: 1)
        #expect(unlabelled.kind != .labelled)
    }

    @Test func aSkilledTeacherNeedsOneWave() throws {
        let facts = try makeFacts(train: 200, settings: flow("{kind: mipro, search: tpe}"))
        var surface = SimulatedSurface(facts: facts)
        surface.teacherSkill = 1
        var sets = DemoSets(
            facts: facts, numbers: -3..<3, limits: DemoLimits(bootstrapped: 4, labeled: 4), maxRounds: 1, threshold: nil)
        let (waves, attempts) = try complete(&sets, facts: facts, surface: surface)
        #expect(waves == 1)
        #expect(attempts <= 4 * 8)
    }

    @Test func thresholdsDecideWhatIsASuccess() {
        for (threshold, score, succeeds) in [
            (nil, 0.01, true), (nil, 0.0, false), (0.5, 0.4, false), (0.5, 0.5, true), (0.0, 0.0, true),
        ]
            as [(Double?, Double, Bool)]
        {
            var pool = BootstrapPool(rowCount: 1, maxRounds: 1, threshold: threshold)
            pool.begin(0)
            pool.tell(Attempt(outcome: .scored(score), trace: []), of: 0)
            let commit = OrderedCommit(order: [0], size: 1, pool: pool)
            #expect((commit.rows == [0]) == succeeds)
            #expect(commit.wanted.isEmpty)
        }
    }

    @Test func ofSeveralCallsOneIsKept() throws {
        let facts = try makeFacts(predictors: 1, train: 400, settings: flow("{kind: mipro, search: tpe}"))
        var surface = SimulatedSurface(facts: facts)
        (surface.teacherSkill, surface.callsPerPredictor) = (1, 3)
        var sets = DemoSets(
            facts: facts, numbers: -1..<0, limits: DemoLimits(bootstrapped: 400, labeled: 0), maxRounds: 1, threshold: nil)
        _ = try complete(&sets, facts: facts, surface: surface)
        let demos = try #require(sets.sets()[0]["step0.predict"])
        #expect(demos.count == 400)
        let kept = demos.compactMap { $0["call"]?.intValue }
        #expect(abs(kept.count { $0 == 2 } - 200) < 50)
        #expect(kept.count { $0 == 0 } > 60 && kept.count { $0 == 1 } > 60)
    }

    @Test func rowsWithEqualInputsAreNotBothTracedAndLabelled() throws {
        var facts = try makeFacts(predictors: 1, train: 6, settings: flow("{kind: mipro, search: tpe}"))
        facts.train = (0..<6).map { ["question": .string("same"), "answer": .int($0)] }
        var surface = SimulatedSurface(facts: facts)
        surface.teacherSkill = 1
        var sets = DemoSets(
            facts: facts, numbers: -1..<0, limits: DemoLimits(bootstrapped: 2, labeled: 6), maxRounds: 1, threshold: nil)
        _ = try complete(&sets, facts: facts, surface: surface)
        #expect(sets.sets()[0]["step0.predict"]?.allSatisfy { $0["augmented"] == true } == true)
    }
}
