import JSON
import Programs
import Testing

@testable import Optimizers

@Suite struct GEPATests {
    private func facts(
        _ settings: String, seed: UInt64 = 9, predictors: Int = 2, train: Int = 40, val: Int = 60, test: Int = 30
    ) throws -> StudyFacts {
        try makeFacts(seed: seed, predictors: predictors, train: train, val: val, test: test, settings: flow(settings))
    }

    /// Metric calls as DSPy counts them: runs of the search and of the baseline on validation rows.
    private func metricCalls(_ run: PlanDriver.Run) -> Int {
        run.decisions.reduce(0) { sum, decision in
            switch decision.work {
            case .evaluate(_, _, .val, _, let fresh, _): sum + fresh.count
            case .trace(_, let examples, _): sum + examples.count
            default: sum
            }
        }
    }

    // MARK: Budget

    @Test(arguments: [
        // As dspy.GEPA(...).auto_budget(...) gives them.
        (GEPASettings.Auto.light, 1, 300, 1580), (.light, 2, 300, 2530), (.medium, 1, 300, 2190), (.medium, 2, 60, 1460),
        (.heavy, 1, 1000, 8035), (.heavy, 3, 50, 2440),
    ])
    func autoBudgetIsDSPys(auto: GEPASettings.Auto, predictors: Int, val: Int, calls: Int) {
        let size = StudySize(train: 100, val: val, predictors: predictors)
        #expect(GEPASettings(auto: auto).metricCalls(size) == calls)
    }

    @Test(
        arguments: ["{kind: gepa, max_metric_calls: 500}", "{kind: gepa, max_full_evals: 6}", "{kind: gepa, auto: light}"],
        [1, 3])
    func theBudgetIsUsedUp(settings: String, predictors: Int) throws {
        let facts = try facts(settings, predictors: predictors)
        let kind = try #require(facts.settings.kind as? GEPASettings)
        let budget = kind.metricCalls(StudySize(train: 40, val: 60, predictors: predictors))
        let run = try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts))
        #expect(metricCalls(run) >= budget)
        #expect(metricCalls(run) < budget + 60 + 6, "the last iteration may go beyond it, as in the original")
    }

    @Test func perfectScoresEndTheSearch() throws {
        let facts = try facts("{kind: gepa, max_metric_calls: 5000}", train: 7)
        var surface = SimulatedSurface(facts: facts)
        surface.scores = .constant(1)
        let run = try PlanDriver.run(StudyPlan(facts), on: surface)
        #expect(metricCalls(run) == 60 + 7, "nothing to learn, and nothing runs twice")
        #expect(!run.decisions.contains { $0.stage == .propose })
    }

    @Test func withoutSkippingPerfectMinibatchesAreReflectedOnToo() throws {
        let facts = try facts("{kind: gepa, max_metric_calls: 100, skip_perfect_score: false}")
        var surface = SimulatedSurface(facts: facts)
        surface.scores = .constant(1)
        #expect(try PlanDriver.run(StudyPlan(facts), on: surface).decisions.contains { $0.stage == .propose })
    }

    // MARK: Acceptance

    @Test func childrenThatAreNotBetterAreNotEvaluated() throws {
        let facts = try facts("{kind: gepa, max_metric_calls: 200}")
        var surface = SimulatedSurface(facts: facts)
        surface.scores = .constant(0.5)
        let run = try PlanDriver.run(StudyPlan(facts), on: surface)
        #expect(run.decisions.flatMap(\.trials).count == 1, "equal is not better")
        #expect(run.decisions.contains { $0.key.hasSuffix("/child") })
    }

    @Test func everyTrialWasBetterOnItsMinibatch() throws {
        let facts = try facts("{kind: gepa, max_metric_calls: 1500, use_merge: false}", predictors: 1)
        let surface = SimulatedSurface(facts: facts)
        let run = try PlanDriver.run(StudyPlan(facts), on: surface)
        let states = Dictionary(uniqueKeysWithValues: run.decisions.flatMap(\.candidates).map { ($0.id, $0.state) })
        let trials = run.decisions.flatMap(\.trials)
        #expect(trials.count > 4)
        var ancestors: Set<String> = []
        for trial in trials.dropFirst() {
            let number = try #require(trial.provenance.wholeMatch(of: /reflection on step0.predict of trial (\d+)/)?.1)
            let parent = trials[try #require(Int(number))].candidate
            ancestors.insert(parent)
            let examples = run.decisions.compactMap { decision -> [Int]? in
                if case .trace(trial.candidate, let rows, _) = decision.work { rows } else { nil }
            }
            let minibatch = try #require(examples.first)
            func sum(_ id: String) -> Double {
                minibatch.reduce(0) { sum, row in
                    guard case .scored(let score) = surface.outcome(of: id, state: states[id]!, split: .train, row: row) else {
                        return sum
                    }
                    return sum + score
                }
            }
            #expect(sum(trial.candidate) > sum(parent))
        }
        #expect(ancestors.count > 1, "children have children")
    }

    @Test func mergesAreTriedOnFiveRowsFirst() throws {
        var merges = 0
        for seed in UInt64(0)..<4 {
            let facts = try facts("{kind: gepa, max_metric_calls: 3000}", seed: seed, predictors: 3)
            let run = try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts))
            for trial in run.decisions.flatMap(\.trials) where trial.provenance.hasPrefix("merge of trial") {
                merges += 1
                let blocks = run.decisions.compactMap { decision -> Int? in
                    guard case .evaluate(trial.number, _, .val, _, let fresh, _) = decision.work else { return nil }
                    return fresh.count
                }
                #expect(blocks == [5] || blocks == [5, 55])
            }
        }
        #expect(merges > 0)
    }

    // MARK: Concurrency

    @Test func iterationsGoOnSideBySideWithinTheWidth() throws {
        let wide = try facts("{kind: gepa, max_metric_calls: 900, width: 120}")
        let run = try PlanDriver.run(StudyPlan(wide), on: SimulatedSurface(facts: wide))
        #expect(run.peakSearchWidth > 60 && run.peakSearchWidth < 120 + 60)
        let narrow = try facts("{kind: gepa, max_metric_calls: 900, width: 1}")
        let sequential = try PlanDriver.run(StudyPlan(narrow), on: SimulatedSurface(facts: narrow))
        #expect(sequential.peakSearchWidth <= 60)
    }

    @Test func aTargetEndsTheSearch() throws {
        let facts = try facts("{kind: gepa, max_metric_calls: 5000, target_score: 0.5}")
        let run = try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts))
        #expect(run.result?.finishReason == .targetScore)
        #expect(metricCalls(run) < 5000)
    }

    @Test func theWinnerIsTheBestMember() throws {
        let facts = try facts("{kind: gepa, max_metric_calls: 2000}")
        let surface = SimulatedSurface(facts: facts)
        let run = try PlanDriver.run(StudyPlan(facts), on: surface)
        let result = try #require(run.result)
        #expect(result.bestTrial > 0)
        #expect((result.bestVal.mean ?? 0) > (result.baselineVal.mean ?? 1))
        #expect(!run.decisions.contains { $0.stage == .confirm }, "all rows were evaluated already")
        let states = Dictionary(uniqueKeysWithValues: run.decisions.flatMap(\.candidates).map { ($0.id, $0.state) })
        let means = run.decisions.flatMap(\.trials).map { trial in
            (0..<60).reduce(0.0) { sum, row in
                let outcome = surface.outcome(of: trial.candidate, state: states[trial.candidate]!, split: .val, row: row)
                return if case .scored(let score) = outcome { sum + score / 60 } else { sum }
            }
        }
        #expect(abs(means[result.bestTrial] - (result.bestVal.mean ?? 0)) < 1e-9)
    }
}
