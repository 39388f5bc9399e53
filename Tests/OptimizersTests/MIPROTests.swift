import JSON
import Programs
import Surrogates
import Testing

@testable import Optimizers

@Suite struct MIPROTests {
    private func run(
        _ settings: String, seed: UInt64 = 9, predictors: Int = 2, val: Int = 150,
        _ change: (inout SimulatedSurface) -> Void = { _ in }
    ) throws -> (PlanDriver.Run, StudyFacts) {
        let facts = try makeFacts(seed: seed, predictors: predictors, val: val, settings: flow(settings))
        var surface = SimulatedSurface(facts: facts)
        change(&surface)
        return (try PlanDriver.run(StudyPlan(facts), on: surface), facts)
    }

    /// The evaluations of the search: (trial, fresh rows).
    private func search(_ run: PlanDriver.Run) -> [(trial: Int, rows: [Int])] {
        run.decisions.compactMap { decision in
            guard decision.stage == .search, case .evaluate(let trial, _, _, _, let fresh, _) = decision.work else { return nil }
            return (trial, fresh)
        }
    }

    @Test func trialCountsAreDSPys() throws {
        func count(_ auto: String, _ predictors: Int, zeroShot: Bool = false) throws -> Int {
            let demos = zeroShot ? ", max_bootstrapped_demos: 0, max_labeled_demos: 0" : ""
            let section = try JSON(parsing: flow("{kind: mipro, search: tpe, auto: \(auto)\(demos)}"))
            let settings = try #require(try OptimizerSettings(section: section).kind as? MIPROSettings)
            return settings.trialCount(predictors: predictors, parameters: 0)
        }
        #expect(try ["light", "medium", "heavy"].map { try count($0, 1) } == [10, 18, 27])
        #expect(try ["light", "medium", "heavy"].map { try count($0, 2) } == [20, 28, 33])
        #expect(try ["light", "medium", "heavy"].map { try count($0, 1, zeroShot: true) } == [9, 18, 27])
    }

    @Test func autoSearchesASampleOfTheRows() throws {
        let (run, _) = try run("{kind: mipro, search: tpe}")
        let rows = Set(search(run).flatMap(\.rows))
        #expect(rows.count == 100)
        #expect(rows != Set(0..<100))
        let small = try self.run("{kind: mipro, search: tpe}", val: 40).0
        #expect(search(small).allSatisfy { $0.rows.count == 40 }, "up to 50 rows nothing is minibatched")
    }

    @Test func blocksAreBalanced() throws {
        var blocks = BalancedBlocks(rows: Array(0..<100), seed: 3)
        var uses = [Int](repeating: 0, count: 100)
        var pairs: Set<[Int]> = []
        for _ in 0..<40 {
            let block = blocks.next(35, of: Array(0..<100))
            #expect(Set(block).count == 35)
            for row in block { uses[row] += 1 }
            #expect((uses.max() ?? 0) - (uses.min() ?? 0) <= 1)
            pairs.insert(block.sorted())
        }
        #expect(pairs.count == 40, "blocks are not the same slices again and again")
        #expect(blocks.next(10, of: [4, 7]).sorted() == [4, 7])
        #expect(blocks.next(10, of: []).isEmpty)
    }

    @Test(arguments: [("", 96), (", width: 120", 120), (", width: 1", 1), (", width: 100000", 100_000)])
    func theWidthIsKept(setting: String, width: Int) throws {
        let (run, _) = try run("{kind: mipro, search: tpe\(setting)}")
        // A decision is made while fewer examples than the width are pending, so the last block may reach beyond it.
        #expect(run.peakGuidedWidth < width + 35)
        #expect(run.peakGuidedWidth > min(width, 400) / 2)
    }

    @Test func theUniformStartWaitsForNothing() throws {
        let (run, _) = try run("{kind: mipro, search: tpe, width: 1}")
        let steps = try #require(run.steps.firstIndex { $0.hasPrefix("evaluate/") })
        #expect(run.steps[steps..<(steps + 9)].allSatisfy { $0.hasPrefix("evaluate/") }, "nine proposals that read no results")
        #expect(run.steps[steps + 9].hasPrefix("await"))
    }

    @Test func fullEvaluationsFollowEveryFiveProposals() throws {
        let (run, _) = try run("{kind: mipro, search: tpe, width: 1}")
        var told: [Int: Int] = [:]
        for (trial, rows) in search(run) { told[trial, default: 0] += rows.count }
        let full = told.filter { $0.value == 100 }.count
        #expect((2...4).contains(full), "20 proposals make four full evaluations; a repeated best one may need none")
        // With a width of 1 nothing that reads results overlaps: a minibatch has 35 rows, a full evaluation goes on with what is missing.
        let proposals =
            search(run).count
            - search(run).indices.count { index in
                let (trial, rows) = search(run)[index]
                return search(run)[..<index].contains { $0.trial == trial } && rows.count != 35
            }
        #expect(proposals >= 20)
    }

    /// What is confirmed before the search has ended is sure to be confirmed: nothing is paid for in vain.
    @Test(arguments: 0..<8) func confirmationAheadIsNeverInVain(seed: Int) throws {
        let (run, _) = try run("{kind: mipro, search: tpe}", seed: UInt64(seed))
        let lastSearch = try #require(run.decisions.lastIndex { $0.stage == .search })
        let ahead = run.decisions[..<lastSearch].filter { $0.stage == .confirm }.map(\.key)
        let confirmed = run.decisions.filter { $0.stage == .confirm }.map(\.key)
        #expect(ahead.count <= 1 && confirmed.count <= 2 && Set(confirmed).count == confirmed.count)
    }

    @Test func everyProposalIsFullWithoutMinibatches() throws {
        let (run, _) = try run("{kind: mipro, search: tpe, auto: null, num_candidates: 4, num_trials: 12, minibatch: false}")
        #expect(search(run).count == 12)
        #expect(search(run).allSatisfy { $0.rows.count == 150 })
        #expect(Set(search(run).map(\.trial)).count == 12)
    }

    @Test func smallSpacesEndEarly() throws {
        // Zero-shot, one predictor, two instructions: one trial beside the baseline.
        let settings = """
            {kind: mipro, search: tpe, auto: null, num_candidates: 2, num_trials: 40, max_bootstrapped_demos: 0, max_labeled_demos: 0}
            """
        let (run, _) = try run(settings, predictors: 1)
        #expect(run.result?.finishReason == .trials)
        #expect(Set(search(run).map(\.trial)) == [1])
        #expect(search(run).flatMap(\.rows).count == 150)
        #expect(!run.decisions.contains { $0.stage == .confirm }, "all pairs were issued in the search")
    }

    @Test func nothingToChooseFromEndsAtOnce() throws {
        let (run, _) = try run("{kind: mipro, search: tpe}", predictors: 1) { surface in
            surface.teacherSkill = 0
            surface.proposalFaults = 1
        }
        #expect(run.result != nil)
        let none = try self.run("{kind: mipro, search: tpe, max_bootstrapped_demos: 0, max_labeled_demos: 0}", predictors: 1) {
            $0.proposalFaults = 1
        }.0
        #expect(search(none).isEmpty && none.result?.bestTrial == 0)
    }

    @Test func theTargetEndsTheSearch() throws {
        let (run, _) = try run("{kind: mipro, search: tpe, target_score: 0.01}")
        #expect(run.result?.finishReason == .targetScore)
        #expect(Set(search(run).map(\.trial)).count < 20)
        #expect(try self.run("{kind: mipro, search: tpe}").0.result?.finishReason == .trials)
    }

    /// No trial begins once the budget is spent, with the full evaluations that are due by then.
    @Test(arguments: ["tpe", "random", "dspy"])
    func aBudgetOfTheSearchIsKept(search name: String) throws {
        let schedule = "{kind: mipro, search: \(name), auto: null, num_candidates: 6, num_trials: 20, minibatch_size: 20"
        let full = try run(schedule + "}").0
        let bounded = try run(schedule + ", search_budget: 300}").0
        var (spent, before) = (0, 0)
        var begun: Set<Int> = []
        for (trial, rows) in search(bounded) {
            if begun.insert(trial).inserted { before = spent }
            spent += rows.count
        }
        #expect(before < 300, "the last trial began with \(before) examples asked for")
        #expect((200...300 + 20 + 130).contains(spent), "\(spent)")
        #expect(search(full).reduce(0) { $0 + $1.rows.count } > 2 * spent)
        #expect(bounded.result?.bestVal.examples == 150)
        #expect(bounded.result?.finishReason == .trials)
    }

    @Test func theBaselineIsNotAwaitedBeforeItIsNeeded() throws {
        let (run, _) = try run("{kind: mipro, search: tpe}")
        let baseline = try #require(run.steps.firstIndex(of: "await 0"))
        let firstSearch = try #require(run.steps.firstIndex { $0.hasPrefix("evaluate/") })
        #expect(baseline > firstSearch)
        #expect(run.steps[0] == "baseline")
        #expect(run.steps[1] == "baseline/rest" && run.steps[2] == "bootstrap/0" && run.steps[3] == "propose/observe")
    }

    @Test func demosOfTheInitialProgramAreAChoice() throws {
        let demo: JSONObject = ["question": "q", "answer": "a"]
        let initial = ProgramState([("p", PredictorState(instructions: "i", demos: [demo]))])
        let space = MIPROSpace(
            initial: initial, instructions: ["p": ["i", "j"]], demoSets: [[:], ["p": [["question": "r"]]], ["p": []]])
        #expect(space.space.dimensions.map(\.choices) == [2, 3])
        #expect(space.state(at: space.origin) == initial)
        #expect(space.state(at: [1, 1]) == ProgramState([("p", PredictorState(instructions: "j"))]))
        #expect(space.params(at: [1, 2]) == ["p.instructions": 1, "p.demos": 2])
        #expect(space.params(at: space.origin) == MIPROSpace.originParams(of: initial, withDemos: true))
    }

    @Test func paramsNameTheChoices() throws {
        let (run, _) = try run("{kind: mipro, search: tpe}")
        let starts = run.decisions.flatMap(\.trials)
        #expect(starts[0].provenance == "uncompiled program")
        #expect(Set(starts.dropFirst().prefix(9).map(\.provenance)) == ["random"])
        #expect(starts.contains { $0.provenance == "tpe" })
        for start in starts {
            #expect(
                start.params.keys == [
                    "step0.predict.instructions", "step0.predict.demos", "step1.predict.instructions", "step1.predict.demos",
                ])
        }
    }

    /// A change here means another plan: `StudyPlan.version` must change with it, so that running studies are not led astray.
    @Test func theFirstDecisionsAreFrozen() throws {
        let (run, _) = try run("{kind: mipro, search: tpe}")
        #expect(StudyPlan.version == 8)
        let starts = run.decisions.flatMap(\.trials).dropFirst().prefix(4)
        #expect(
            starts.map { $0.params.values.compactMap(\.intValue) } == [
                [0, 4, 1, 4], [2, 4, 0, 0], [0, 1, 0, 0], [2, 3, 1, 5],
            ])
        #expect(search(run).prefix(2).map { Array($0.rows.prefix(5)) } == [[100, 27, 71, 91, 81], [116, 78, 47, 108, 88]])
        guard case .bootstrap(_, let rows, 0) = run.decisions[2].work else {
            Issue.record("the first wave follows the baseline")
            return
        }
        #expect(Array(rows.prefix(12)) == Array(0..<12))
    }

    /// As above, for the default search: its first proposals that read results, and the rows that they are asked about.
    @Test func theFirstGuidedDecisionsAreFrozen() throws {
        let (run, _) = try run("{kind: mipro, search_budget: 240}")
        let blocks = search(run)
        // Sixteen proposals of the design read none.
        #expect(blocks[16..<22].map(\.trial) == [5, 6, 17, 18, 19, 20])
        #expect(
            blocks[16..<22].map(\.rows) == [
                [102, 133, 127, 28, 3, 86], [100, 91, 37, 102, 133, 127], [100, 91, 37, 86, 102, 133],
                [102, 133, 26, 131, 100, 91], [37, 86, 26, 131, 100, 91], [37, 86, 102, 133, 100, 91],
            ])
    }

    /// Whoever was run on all rows has been compared with the winner on the very same rows, whatever the model believed.
    @Test(arguments: ["racing, stop_probability: 0", "gp"]) func theWinnerIsTheBestOfThoseWithAllRows(_ search: String) throws {
        var complete = 0
        for seed in 0..<12 {
            let (run, facts) = try run("{kind: mipro, search: \(search), search_budget: 400}", seed: UInt64(seed), val: 24)
            var scores: [Int: [Int: Double]] = [:]
            for (decision, outcome) in zip(run.decisions, run.outcomes) where decision.stage != .test {
                guard case .evaluate(let trial, _, .val, let rows, _, _) = decision.work, case .evaluated(let outcomes) = outcome
                else { continue }
                for (row, outcome) in zip(rows, outcomes) {
                    if case .scored(let score) = outcome { scores[trial, default: [:]][row] = score }
                }
            }
            let winner = try #require(run.result?.bestTrial)
            let sums = scores.filter { $0.value.count == facts.valCount }.mapValues { $0.values.reduce(0, +) }
            complete += sums.count
            #expect(sums[winner] == sums.values.max(), "seed \(seed): \(sums), winner \(winner)")
        }
        #expect(complete > 3 * 12, "some trials beside baseline and winner have all rows: \(complete)")
    }

    /// The table shows the winner's posterior when the study has ended: what its confirmation brought is part of it.
    @Test func beliefsTakeInTheConfirmation() throws {
        let facts = try makeFacts(val: 200, settings: flow("{kind: mipro, search_budget: 120}"))
        let surface = SimulatedSurface(facts: facts)
        var plan = StudyPlan(facts)
        let run = try PlanDriver.run(plan, on: surface)
        let confirmation = try #require(run.decisions.first { $0.key.hasPrefix("confirm/") })
        guard case .evaluate(let winner, _, _, _, _, _) = confirmation.work else {
            Issue.record("a confirmation runs a trial")
            return
        }
        var before: [TrialBelief] = []
        for step in run.steps where before.isEmpty {
            if step == confirmation.key { before = plan.beliefs }
            if case .await(let index) = plan.next() { plan.tell(run.outcomes[index]) }
        }
        let old = try #require(before.first { $0.trial == winner })
        let new = try #require(run.beliefs.first { $0.trial == winner })
        #expect(new.deviation < 0.8 * old.deviation, "\(old) \(new)")
    }

    @Test func guidanceBeatsChance() throws {
        // The mean of what was searched, over seeds: TPE spends more of it on good candidates.
        func mean(_ sampler: String) throws -> Double {
            let means = try (0..<6).map { seed in
                let (run, _) = try run(
                    "{kind: mipro, search: tpe, auto: null, num_candidates: 6, num_trials: 60, search: \(sampler), width: 35}",
                    seed: UInt64(seed), val: 100)
                let scores = zip(run.decisions, run.outcomes).flatMap { decision, outcome -> [Double] in
                    guard decision.stage == .search, case .evaluated(let outcomes) = outcome else { return [] }
                    return outcomes.compactMap { if case .scored(let score) = $0 { score } else { nil } }
                }
                return scores.reduce(0, +) / Double(scores.count)
            }
            return means.reduce(0, +) / 6
        }
        #expect(try mean("tpe") > mean("random") + 0.02)
    }
}
