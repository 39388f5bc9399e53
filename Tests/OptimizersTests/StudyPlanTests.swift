import JSON
import Testing

@testable import Optimizers

@Suite struct StudyPlanTests {
    private static let kinds = [
        "{kind: mipro, search: tpe}", "{kind: mipro, search: racing}", "{kind: mipro, search: dspy}", "{kind: mipro, search: random}", "{kind: mipro, search: tpe, width: 500}", "{kind: mipro, search: tpe, width: 1}",
        "{kind: mipro, search: tpe, auto: medium}", "{kind: mipro, search: racing, auto: medium, proposal_rounds: 3}",
        "{kind: ensemble, programs: {kind: mipro, search: racing}}",
        "{kind: better_together, strategy: m -> w -> m, optimizers: {m: {kind: mipro, search: racing}, w: {kind: bootstrap_finetune}}}",
        "{kind: mipro, search: tpe, max_bootstrapped_demos: 0, max_labeled_demos: 0}", "{kind: mipro, search: tpe, max_bootstrapped_demos: 0}",
        "{kind: mipro, search: tpe, max_labeled_demos: 0, max_rounds: 3}",
        "{kind: mipro, search: tpe, auto: null, num_candidates: 3, num_trials: 17, minibatch_size: 10, minibatch_full_eval_steps: 4}",
        "{kind: mipro, search: tpe, auto: null, num_candidates: 1, num_trials: 30, minibatch: false}",
        "{kind: mipro, search: tpe, proposal_rounds: 3}", "{kind: mipro, proposal_rounds: 4, search: tpe, width: 1}",
        "{kind: mipro, auto: medium, proposal_rounds: 2, search: random}",
        "{kind: copro, breadth: 3, depth: 2}", "{kind: copro, breadth: 2, depth: 4, width: 1}",
        "{kind: bayesian_signature, n: 4}", "{kind: bayesian_signature, n: 3, num_trials: 8, search: tpe, minibatch: true}",
        "{kind: random_search, num_candidate_programs: 6}", "{kind: random_search, num_candidate_programs: 5, width: 1}",
        "{kind: random_search, max_bootstrapped_demos: 0, max_labeled_demos: 0}",
        "{kind: random_search, num_candidate_programs: 8, early_elimination: true}", "{kind: labeled_few_shot}",
        "{kind: bootstrap_few_shot, max_rounds: 2}", "{kind: knn_few_shot, max_rounds: 2}",
        "{kind: ensemble, programs: {kind: random_search, num_candidate_programs: 4}}",
        "{kind: gepa, auto: light}", "{kind: gepa, max_metric_calls: 900, width: 1}",
        "{kind: gepa, max_full_evals: 8, component_selector: all, candidate_selection_strategy: current_best, width: 90}",
        "{kind: gepa, max_metric_calls: 700, add_format_failure_as_feedback: true, skip_perfect_score: false, use_merge: false}",
        "{kind: bootstrap_finetune}", "{kind: bootstrap_finetune, multitask: false, exclude_demos: true, width: 1}",
        "{kind: better_together, optimizers: {p: {kind: random_search, num_candidate_programs: 2}, w: {kind: bootstrap_finetune}}}",
        "{kind: better_together, strategy: w -> m, shuffle_trainset_between_steps: false, optimizers: {m: {kind: mipro, search: tpe}, w: {kind: bootstrap_finetune, multitask: false}}}",
        "{kind: better_together, strategy: g -> w -> g, width: 60, optimizers: {g: {kind: gepa, max_metric_calls: 300}, w: {kind: bootstrap_finetune}}}",
    ]

    /// The last window's idle slots run what the confirmation needs: a search that ends with nothing ahead would leave them idle.
    @Test func racingConfirmsAhead() throws {
        let facts = try makeFacts(settings: flow("{kind: mipro, search: racing, auto: medium}"))
        let run = try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts), timing: 0)
        let keys = run.decisions.map(\.key)
        let ahead = keys.filter { $0.hasPrefix("confirm/") && $0.contains("/d") }
        #expect(!ahead.isEmpty, "\(keys)")
    }

    @Test(arguments: kinds)
    func completionOrderDoesNotMatter(settings: String) throws {
        let facts = try makeFacts(settings: flow(settings))
        let surface = SimulatedSurface(facts: facts)
        let first = try PlanDriver.run(StudyPlan(facts), on: surface, timing: 0)
        for timing in 1..<6 {
            let other = try PlanDriver.run(StudyPlan(facts), on: surface, timing: timing)
            #expect(other.decisions == first.decisions)
            #expect(other.steps == first.steps)
            #expect(other.result == first.result)
        }
        #expect(first.result?.finishReason == .trials)
    }

    @Test(arguments: kinds)
    func replayFollowsTheSamePath(settings: String) throws {
        let facts = try makeFacts(settings: flow(settings))
        let run = try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts))
        #expect(PlanDriver.replay(StudyPlan(facts), of: run) == run.steps)
    }

    @Test(arguments: kinds)
    func decisionsSurviveJSON(settings: String) throws {
        let facts = try makeFacts(settings: flow(settings))
        for decision in try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts)).decisions {
            let text = decision.json.serialized()
            let copy = try Decision(json: JSON(parsing: text))
            #expect(copy == decision)
            #expect(copy.json.serialized() == text)
        }
    }

    @Test(arguments: kinds, [SimulatedSurface.Scores.continuous, .constant(0), .constant(1), .allFail])
    func oddMetricsAreSearchedToo(settings: String, scores: SimulatedSurface.Scores) throws {
        let facts = try makeFacts(settings: flow(settings))
        var surface = SimulatedSurface(facts: facts)
        surface.scores = scores
        let result = try #require(try PlanDriver.run(StudyPlan(facts), on: surface).result)
        if case .continuous = scores { return }
        #expect(result.bestTrial == 0, "the baseline wins ties")
        #expect(result.isBaselineJudged)
    }

    @Test(arguments: kinds)
    func infrastructureErrorsAreMissingData(settings: String) throws {
        let facts = try makeFacts(settings: flow(settings))
        var surface = SimulatedSurface(facts: facts)
        surface.faults = 0.5
        surface.proposalFaults = 0.5
        let result = try #require(try PlanDriver.run(StudyPlan(facts), on: surface).result)
        #expect(!result.isBaselineJudged)
        #expect(result.bestTrial == 0 || result.bestVal.isComplete, "who is incomplete cannot win")
        #expect(!result.notes.isEmpty)
        #expect(result.baselineVal.coverage < 0.9 && result.baselineVal.coverage > 0.4)
    }

    @Test(arguments: kinds, [1, 3])
    func tinyDataIsEnough(settings: String, predictors: Int) throws {
        let facts = try makeFacts(predictors: predictors, train: 1, val: 2, test: 0, settings: flow(settings))
        let run = try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts))
        #expect(run.result?.baselineTest == nil && run.result?.gainInterval == nil)
        #expect(run.decisions[0].key == "baseline" && run.decisions[0].priority == 1)
    }

    @Test func nothingToBootstrapFromStillEnds() throws {
        for kind in ["{kind: mipro, search: tpe}", "{kind: random_search}"] {
            let facts = try makeFacts(train: 0, val: 0, test: 0, settings: flow(kind))
            #expect(try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts)).result != nil)
        }
    }

    @Test func theWinnerIsConfirmedAndTested() throws {
        let facts = try makeFacts(predictors: 1, val: 150, test: 80, settings: flow("{kind: mipro, search: tpe}"))
        let run = try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts))
        let result = try #require(run.result)
        #expect(result.bestTrial > 0)
        #expect((result.bestVal.mean ?? 0) > (result.baselineVal.mean ?? 1))
        #expect(result.bestVal.examples == 150 && result.bestTest?.examples == 80)
        #expect(run.decisions.filter { $0.stage == .test }.map(\.key) == ["test/t0", "test/t\(result.bestTrial)"])
        let confirmed = run.decisions.filter { $0.stage == .confirm }
        #expect((1...2).contains(confirmed.count))  // `auto` searched 100 of the 150 rows
        let stages = run.decisions.map { Stage.allCases.firstIndex(of: $0.stage)! }
        #expect(stages.last == Stage.allCases.firstIndex(of: .test))
        #expect(result.gainInterval.map { $0.lower < $0.upper } == true)
    }

    @Test func missingBaselineLetsCompleteTrialsWin() throws {
        // Only the baseline's examples fail.
        let facts = try makeFacts(predictors: 1, settings: flow("{kind: random_search, num_candidate_programs: 3}"))
        let baseline = Candidate(facts.initial).id
        var plan = StudyPlan(facts)
        let surface = SimulatedSurface(facts: facts)
        var decisions: [Decision] = []
        var result: PlanResult?
        while result == nil {
            switch plan.next() {
            case .issue(let decision): decisions.append(decision)
            case .await(let index):
                let states = Dictionary(uniqueKeysWithValues: decisions.flatMap(\.candidates).map { ($0.id, $0.state) })
                if case .evaluate(_, baseline, _, let block, _, _) = decisions[index].work {
                    plan.tell(.evaluated(block.map { _ in .infrastructureError }))
                } else {
                    plan.tell(surface.answer(decisions[index], states: states))
                }
            case .finish(let found): result = found
            }
        }
        #expect(result?.isBaselineJudged == false)
        #expect((result?.bestTrial ?? 0) > 0)
        #expect(result?.baselineVal.mean == nil && result?.bestVal.isComplete == true)
    }

    @Test func anotherSeedIsAnotherStudy() throws {
        func keys(_ seed: UInt64) throws -> [Decision] {
            let facts = try makeFacts(seed: seed, settings: flow("{kind: mipro, search: tpe}"))
            return try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts)).decisions
        }
        #expect(try keys(0) != keys(9))
        #expect(try keys(0) == keys(0))
    }

    @Test func oneStateIsEvaluatedOnItsOwn() throws {
        let facts = try makeFacts(settings: flow("{kind: mipro, search: tpe}"))
        for (split, count) in [(Split.train, 40), (.val, 60), (.test, 30)] {
            let run = try PlanDriver.run(
                EvaluationPlan(facts, state: facts.initial, split: split), on: SimulatedSurface(facts: facts))
            let result = try #require(run.result)
            #expect((split == .test ? result.bestTest : result.bestVal)?.examples == count)
            #expect(run.decisions.count == 1)
        }
    }
}

/// The few settings of these tests, written as in YAML: bare words are strings.
func flow(_ text: String) -> String {
    text.replacing(/'([^']*)'|[a-z_]+(?: -> [a-z_]+)*/) { match in
        if let quoted = match.output.1 { return "\"\(quoted)\"" }
        let word = String(match.output.0)
        return ["null", "true", "false"].contains(word) ? word : "\"\(word)\""
    }
}
