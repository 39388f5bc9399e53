import JSON
import Programs
import Testing

@testable import Optimizers

/// `target_score` of the searches that plan no full evaluations.
@Suite struct TargetTests {
    /// A search that asks for 600 examples, five times the rows.
    private func facts(_ search: String, target: Double? = nil) throws -> StudyFacts {
        let members = [
            "search: \(search)", search == "racing" ? "stop_probability: 0" : nil, target.map { "target_score: \($0)" },
        ]
        return try makeFacts(
            val: 120,
            settings: flow(
                "{kind: mipro, auto: null, num_candidates: 6, num_trials: 40, search_budget: 600, "
                    + members.compactMap(\.self).joined(separator: ", ") + "}"))
    }

    /// The evaluations of the search: (trial, fresh rows).
    private func search(_ run: PlanDriver.Run) -> [(trial: Int, rows: [Int])] {
        run.decisions.compactMap { decision in
            guard decision.stage == .search, case .evaluate(let trial, _, _, _, let fresh, _) = decision.work else { return nil }
            return (trial, fresh)
        }
    }

    /// A trial of the uniform start, and the rows of its first block.
    private func early(_ search: String) throws -> (candidate: String, trial: Int, rows: [Int]) {
        let facts = try facts(search)
        var plan = StudyPlan(facts)
        let surface = SimulatedSurface(facts: facts)
        var decisions: [Decision] = []
        while true {
            switch plan.next() {
            case .issue(let decision):
                decisions.append(decision)
                guard decision.stage == .search, case .evaluate(let trial, let candidate, _, let block, _, _) = decision.work,
                    trial > 2
                else { continue }
                return (candidate, trial, block)
            case .await(let index):
                let states = Dictionary(uniqueKeysWithValues: decisions.flatMap(\.candidates).map { ($0.id, $0.state) })
                plan.tell(surface.answer(decisions[index], states: states))
            case .finish: throw Missing()
            }
        }
    }

    private struct Missing: Error {}

    /// Who is believed to reach the target is run on the rows that it lacks, and ends the search if it does.
    @Test(arguments: ["racing", "gp"])
    func aBelievedTargetIsVerified(kind: String) throws {
        let facts = try facts(kind, target: 0.7)
        let run = try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts))
        #expect(run.result?.finishReason == .targetScore)
        let winner = try #require(run.result?.bestTrial)
        #expect(Set(search(run).filter { $0.trial == winner }.flatMap(\.rows)).count == 120)
        #expect(run.result?.bestVal.mean ?? 0 >= 0.7)
        let spent = search(run).reduce(0) { $0 + $1.rows.count }
        #expect(spent < 500, "\(spent)")
        #expect(PlanDriver.replay(StudyPlan(facts), of: run) == run.steps)
        let other = try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts), timing: 7)
        #expect(other.decisions == run.decisions, "in whatever order results come")
    }

    /// Who only looked like it has all rows then, is judged by them, and the search goes on.
    @Test(arguments: ["racing", "gp"])
    func aTargetThatIsNotReachedEndsNothing(kind: String) throws {
        let (candidate, trial, rows) = try early(kind)
        let facts = try facts(kind, target: 0.5)
        var surface = SimulatedSurface(facts: facts)
        surface.scores = .constant(0.2)
        surface.flatterer = (candidate, Set(rows))
        let run = try PlanDriver.run(StudyPlan(facts), on: surface)
        #expect(run.result?.finishReason == .trials)
        let asked = search(run).enumerated().filter { $0.element.trial == trial }
        #expect(asked.reduce(0) { $0 + $1.element.rows.count } == 120, "each row once")
        let last = try #require(asked.last?.offset)
        #expect(search(run).count > last + 10, "the search goes on behind it")
        #expect(Set(search(run)[(last + 1)...].map(\.trial)).count > 1)
    }
}
