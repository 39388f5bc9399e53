import JSON
import Programs
import Testing

@testable import Optimizers

@Suite struct RandomSearchTests {
    @Test func everySetIsEvaluatedInFull() throws {
        let facts = try makeFacts(settings: flow("{kind: random_search, num_candidate_programs: 6}"))
        let run = try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts))
        let search = run.decisions.filter { $0.stage == .search }
        // Nine sets; the zero-shot one is the uncompiled program, which the baseline evaluates.
        #expect(search.count == 8)
        #expect(search.flatMap(\.trials).map(\.params) == (-2..<6).map { ["demos": .int($0)] })
        for decision in search {
            guard case .evaluate(_, _, .val, let block, let fresh, _) = decision.work else { continue }
            #expect(block == Array(0..<60) && fresh == block)
        }
        #expect(run.peakSearchWidth <= 120)
        #expect(!run.decisions.contains { $0.stage == .confirm })
    }

    @Test func aGoodScoreStopsTheSearch() throws {
        let facts = try makeFacts(settings: flow("{kind: random_search, stop_at_score: 0.4, width: 60}"))
        let run = try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts))
        #expect(run.result?.finishReason == .targetScore)
        #expect(run.decisions.filter { $0.stage == .search }.count < 10)
    }

    @Test func theTeacherShowsTheLabelledDemos() throws {
        let facts = try makeFacts(settings: flow("{kind: random_search, num_candidate_programs: 1}"))
        let run = try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts))
        guard case .bootstrap(let teacher, _, 0) = run.decisions[1].work else {
            Issue.record("the first wave follows the baseline")
            return
        }
        let state = try #require(run.decisions[1].candidates.first { $0.id == teacher }?.state)
        #expect(state.paths.allSatisfy { state[$0]?.demos.count == 16 })
        let labelled = run.decisions.flatMap(\.trials).first { $0.params["demos"] == -2 }
        #expect(labelled?.candidate == teacher)
    }
}
