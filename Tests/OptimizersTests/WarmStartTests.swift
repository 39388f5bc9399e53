import JSON
import Programs
import Testing

@testable import Optimizers

/// What the team's earlier studies have left enters every kind of search.
@Suite struct WarmStartTests {
    private static let kinds = [
        "{kind: mipro, search: racing}", "{kind: mipro, search: gp}", "{kind: mipro, search: tpe}",
        "{kind: mipro, search: tpe, auto: null, num_candidates: 2, num_trials: 4, minibatch: false}",
        "{kind: mipro, search: racing, proposal_rounds: 3}", "{kind: bayesian_signature, n: 4}",
        "{kind: random_search, num_candidate_programs: 3}", "{kind: random_search, early_elimination: true}",
        "{kind: copro, breadth: 3, depth: 2}", "{kind: gepa, max_metric_calls: 500}", "{kind: labeled_few_shot}",
        "{kind: bootstrap_few_shot}", "{kind: knn_few_shot}", "{kind: bootstrap_finetune}",
        "{kind: ensemble, programs: {kind: random_search, num_candidate_programs: 3}}",
        "{kind: better_together, optimizers: {p: {kind: random_search, num_candidate_programs: 2}, w: {kind: bootstrap_finetune}}}",
        "{kind: better_together, strategy: w, optimizers: {w: {kind: bootstrap_finetune}}}",
    ]

    /// Facts with two earlier candidates: both have other instructions, the second demos too.
    private func facts(_ settings: String, warmStart: Int = 2) throws -> StudyFacts {
        var facts = try makeFacts(settings: flow(settings))
        facts.settings.warmStart = warmStart
        facts.earlier = (0..<2).map { number in
            var state = facts.initial
            for path in state.paths {
                state[path]?.instructions = "Instructions of an earlier study, \(number)."
                if number == 1 { state[path]?.demos = [["question": "Known before?", "answer": "yes"]] }
            }
            return EarlierCandidate(state: state, provenance: "before 3f2a9c0d trial \(number + 4)", score: 0.7, examples: 60)
        }
        return facts
    }

    private func warm(_ run: PlanDriver.Run) -> [(decision: Int, start: TrialStart)] {
        run.decisions.enumerated().flatMap { place, decision in decision.trials.map { (place, $0) } }
            .filter { $0.start.provenance.contains("warm start: before 3f2a9c0d trial ") }
    }

    @Test(arguments: kinds) func earlierCandidatesComeFirst(settings: String) throws {
        let facts = try facts(settings)
        let surface = SimulatedSurface(facts: facts)
        let run = try PlanDriver.run(StudyPlan(facts), on: surface)
        let warm = warm(run)
        // A search without demos takes an earlier candidate's instructions, and leaves its demos.
        let isZeroShot = settings.contains("bayesian")
        #expect(warm.map(\.start.number) == [1, 2])
        let states = Dictionary(uniqueKeysWithValues: run.decisions.flatMap(\.candidates).map { ($0.id, $0.state) })
        for (found, earlier) in zip(warm, facts.earlier) {
            let state = try #require(states[found.start.candidate])
            for path in facts.initial.paths {
                #expect(state[path]?.instructions == earlier.state[path]?.instructions)
                if !isZeroShot { #expect(state[path]?.demos == earlier.state[path]?.demos) }
            }
        }
        for timing in 1..<4 {
            let other = try PlanDriver.run(StudyPlan(facts), on: surface, timing: timing)
            #expect(other.decisions == run.decisions && other.result == run.result)
        }
        #expect(PlanDriver.replay(StudyPlan(facts), of: run) == run.steps)
    }

    @Test(arguments: kinds) func noneIsTakenUnlessAskedFor(settings: String) throws {
        let asked = try facts(settings, warmStart: 0)
        #expect(warm(try PlanDriver.run(StudyPlan(asked), on: SimulatedSurface(facts: asked))).isEmpty)
        let one = try facts(settings, warmStart: 1)
        #expect(warm(try PlanDriver.run(StudyPlan(one), on: SimulatedSurface(facts: one))).count == 1)
    }

    /// The best earlier candidate wins where the search finds nothing as good.
    @Test func anEarlierCandidateMayWin() throws {
        let facts = try facts("{kind: labeled_few_shot}")
        var surface = SimulatedSurface(facts: facts)
        let favourite = facts.earlier[1].state
        surface.favourite = Candidate(favourite).id
        let run = try PlanDriver.run(StudyPlan(facts), on: surface)
        #expect(run.result?.bestTrial == 2)
    }

    @Test func theScheduleOfDSPyTakesNone() throws {
        let facts = try facts("{kind: mipro, search: dspy}")
        #expect(warm(try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts))).isEmpty)
    }

    @Test func choicesKeepTheirNumbers() throws {
        let facts = try facts("{kind: mipro, search: racing, proposal_rounds: 3}")
        let run = try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts))
        let path = try #require(facts.initial.paths.first)
        var texts: [Int: String] = [:]
        let states = Dictionary(uniqueKeysWithValues: run.decisions.flatMap(\.candidates).map { ($0.id, $0.state) })
        for start in run.decisions.flatMap(\.trials) {
            let number = try #require(start.params["\(path).instructions"]?.intValue)
            let text = try #require(states[start.candidate]?[path]?.instructions)
            #expect(texts.updateValue(text, forKey: number).map { $0 == text } ?? true)
        }
        #expect(texts[1] == facts.earlier[0].state[path]?.instructions)
        #expect(texts.count > 3)
    }
}
