import JSON
import Programs
import Testing

@testable import Optimizers

@Suite struct LabeledFewShotTests {
    private func candidate(_ settings: String) throws -> (state: ProgramState, facts: StudyFacts, result: PlanResult) {
        let facts = try makeFacts(settings: flow(settings))
        let run = try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts))
        let trials = run.decisions.flatMap(\.trials)
        #expect(trials.count == 2, "the uncompiled program and one candidate")
        #expect(!run.decisions.contains { $0.stage == .bootstrap })
        let state = run.decisions.flatMap(\.candidates).first { $0.id == trials.last?.candidate }?.state
        return (try #require(state), facts, try #require(run.result))
    }

    @Test func aSampleForEachPredictor() throws {
        let (state, facts, result) = try candidate("{kind: labeled_few_shot}")
        let sets = state.paths.map { state[$0]?.demos ?? [] }
        #expect(sets.allSatisfy { $0.count == 16 && Set($0).count == 16 && $0.allSatisfy(facts.train.contains) })
        #expect(sets[0] != sets[1])
        #expect(result.bestTrial == 1 && (result.bestVal.mean ?? 0) > (result.baselineVal.mean ?? 1))
    }

    @Test func theFirstRows() throws {
        let (state, facts, _) = try candidate("{kind: labeled_few_shot, k: 3, sample: false}")
        #expect(state.paths.allSatisfy { state[$0]?.demos == Array(facts.train.prefix(3)) })
    }

    @Test func moreThanThereAre() throws {
        let (state, facts, _) = try candidate("{kind: labeled_few_shot, k: 500}")
        #expect(state.paths.allSatisfy { state[$0]?.demos.count == facts.train.count })
    }
}
