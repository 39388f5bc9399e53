import JSON
import Programs
import Testing

@testable import Optimizers

@Suite struct BootstrapFewShotTests {
    private func run(
        _ settings: String, teacherSkill: Double = 0.5
    ) throws -> (run: PlanDriver.Run, state: ProgramState, facts: StudyFacts) {
        let facts = try makeFacts(settings: flow(settings))
        var surface = SimulatedSurface(facts: facts)
        surface.teacherSkill = teacherSkill
        let run = try PlanDriver.run(StudyPlan(facts), on: surface)
        let id = try #require(run.decisions.flatMap(\.trials).last?.candidate)
        return (run, try #require(run.decisions.flatMap(\.candidates).first { $0.id == id }?.state), facts)
    }

    @Test func tracesThenRowsThatWereNotTraced() throws {
        let (_, state, facts) = try run("{kind: bootstrap_few_shot}")
        let surface = SimulatedSurface(facts: facts)
        let first = facts.train.indices.filter { surface.succeeds(row: $0, round: 0) }.prefix(4)
        for path in state.paths {
            let demos = try #require(state[path]?.demos)
            #expect(demos.count == 16)
            #expect(demos.prefix(4).compactMap { $0["row"]?.intValue } == Array(first), "in the order of the file")
            let labelled = demos.dropFirst(4)
            #expect(labelled.allSatisfy { $0["augmented"] == nil })
            let traced = Set(first.map { facts.train[$0]["question"] })
            #expect(labelled.allSatisfy { !traced.contains($0["question"]) })
        }
    }

    @Test func laterRoundsAreFreshDraws() throws {
        let (run, _, _) = try run("{kind: bootstrap_few_shot, max_rounds: 3}", teacherSkill: 0.1)
        let rounds = run.decisions.compactMap { if case .bootstrap(_, _, let round) = $0.work { round } else { nil } }
        #expect(Set(rounds) == [0, 1, 2])
    }

    /// The teacher's file stands in the section as what it holds; it is shown as it is, and another one is another study.
    @Test func anotherProgramTeaches() throws {
        var teacher = try makeFacts(settings: flow("{kind: mipro, search: tpe}")).initial
        teacher[teacher.paths[0]]?.instructions = "Taught."
        teacher[teacher.paths[0]]?.demos = [["question": "q", "answer": "a"]]
        let section: JSON = ["kind": "bootstrap_few_shot", "teacher": teacher.json]
        let facts = try makeFacts(settings: section.serialized())
        let run = try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts))
        let ids = run.decisions.compactMap { if case .bootstrap(let id, _, _) = $0.work { id } else { nil } }
        #expect(!ids.isEmpty && ids.allSatisfy { $0 == teacher.digest })
        let settings = try OptimizerSettings(section: section)
        #expect(try OptimizerSettings(section: settings.json) == settings)
        #expect(try OptimizerSettings(section: ["kind": "bootstrap_few_shot"]) != settings)
    }
}
