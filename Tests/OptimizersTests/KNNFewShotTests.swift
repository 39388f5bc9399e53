import JSON
import Programs
import Testing

@testable import Optimizers

@Suite struct KNNFewShotTests {
    private func run(_ settings: String) throws -> (run: PlanDriver.Run, state: ProgramState, facts: StudyFacts) {
        let facts = try makeFacts(settings: flow(settings))
        let run = try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts))
        let id = try #require(run.decisions.flatMap(\.trials).last?.candidate)
        return (run, try #require(run.decisions.flatMap(\.candidates).first { $0.id == id }?.state), facts)
    }

    @Test func everyRowIsInThePoolTracedWhereTheTeacherSucceeds() throws {
        let (run, state, facts) = try run("{kind: knn_few_shot, k: 5}")
        let pool = try #require(state.nearestDemos)
        let surface = SimulatedSurface(facts: facts)
        #expect(pool.count == 5 && pool.inputNames == ["question"] && pool.rows.map(\.fields) == facts.train)
        for (row, known) in pool.rows.enumerated() {
            #expect(known.traced.isEmpty != surface.succeeds(row: row, round: 0))
            #expect(known.traced.isEmpty || known.traced.keys == state.paths)
        }
        #expect(state.paths.allSatisfy { state[$0]?.demos.count == 5 }, "plain demos for readers that know no others")
        guard case .bootstrap(let id, let rows, 0)? = run.decisions.first(where: { $0.stage == .bootstrap })?.work else {
            Issue.record("the teacher runs first")
            return
        }
        #expect(rows == Array(facts.train.indices))
        let teacher = run.decisions.flatMap(\.candidates).first { $0.id == id }?.state
        #expect(teacher?.nearestDemos?.rows.allSatisfy { $0.traced.isEmpty } == true, "it shows labelled rows")
    }

    @Test func tracesFirstThenRows() throws {
        let (_, state, _) = try run("{kind: knn_few_shot, k: 6, max_bootstrapped_demos: 2, max_labeled_demos: 4}")
        let pool = try #require(state.nearestDemos)
        let demos = pool.demos(of: Array(0..<6), at: state.paths[0])
        let traced = (0..<6).filter { !pool.rows[$0].traced.isEmpty }.prefix(2)
        #expect(demos.count == 4)
        #expect(demos.prefix(traced.count).compactMap { $0["row"]?.intValue } == Array(traced))
        #expect(demos.dropFirst(traced.count).allSatisfy { $0["augmented"] == nil })
    }

    @Test func withoutTracesNobodyTeaches() throws {
        let (run, state, _) = try run("{kind: knn_few_shot, max_bootstrapped_demos: 0}")
        #expect(!run.decisions.contains { $0.stage == .bootstrap })
        #expect(state.nearestDemos?.rows.allSatisfy { $0.traced.isEmpty } == true)
        let settings = try OptimizerSettings(section: ["kind": "knn_few_shot", "max_bootstrapped_demos": 0])
        #expect(settings.kind.roles == [.embedding])
    }
}
