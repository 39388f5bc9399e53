import JSON
import Programs
import Testing

@testable import Optimizers

@Suite struct BayesianSignatureTests {
    private func run(_ settings: String, predictors: Int = 2) throws -> PlanDriver.Run {
        let facts = try makeFacts(predictors: predictors, settings: flow(settings))
        return try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts))
    }

    @Test func onlyInstructionsAreSearched() throws {
        let run = try run("{kind: bayesian_signature, n: 5}")
        #expect(!run.decisions.contains { $0.stage == .bootstrap })
        let trials = run.decisions.flatMap(\.trials)
        #expect(trials.allSatisfy { $0.params.keys == ["step0.predict.instructions", "step1.predict.instructions"] })
        #expect(trials[0].params.values.allSatisfy { $0 == 0 } && trials.count > 5)
        #expect(run.decisions.flatMap(\.candidates).allSatisfy { $0.state.paths.count == 2 })
        let calls = run.decisions.compactMap { if case .propose(let calls) = $0.work { calls } else { nil } }
        #expect(calls.last?.count == 2 * 4)
        #expect(calls.last?.allSatisfy { $0.inputs["task_demos"] == nil } == true)
    }

    /// It is MIPRO without demos: the same trials, the same results.
    @Test(arguments: ["racing", "gp", "tpe", "random", "dspy"])
    func itRunsAsMIPRO(search: String) throws {
        let own = try run("{kind: bayesian_signature, n: 4, num_trials: 12, search: \(search)}")
        let mipro = try run(
            """
            {kind: mipro, auto: null, num_candidates: 4, num_trials: 12, search: \(search), minibatch: false, \
            max_bootstrapped_demos: 0, max_labeled_demos: 0, fewshot_aware_proposer: false}
            """)
        #expect(own.decisions == mipro.decisions)
        #expect(own.result == mipro.result)
    }

    @Test func oneCandidateLeavesNothingToChoose() throws {
        let run = try run("{kind: bayesian_signature, n: 1}")
        #expect(!run.decisions.contains { $0.stage == .propose || $0.stage == .search })
        #expect(run.result?.bestTrial == 0)
    }

    @Test func trialsFollowMIPROsRule() throws {
        func planned(_ settings: String, predictors: Int) throws -> Int {
            try OptimizerSettings(section: JSON(parsing: flow(settings))).kind
                .plannedExamples(StudySize(val: 60, predictors: predictors))
        }
        // max(2·V·log2(10), 15): 15 for two predictors, 26 for four.
        #expect(try planned("{kind: bayesian_signature, search: tpe}", predictors: 2) == 15 * 60)
        #expect(try planned("{kind: bayesian_signature, search: tpe}", predictors: 4) == 26 * 60)
        #expect(try planned("{kind: bayesian_signature, search: tpe, num_trials: 40}", predictors: 4) == 40 * 60)
    }
}
