import JSON
import Programs
import Testing

@testable import Optimizers

/// `target_score` of the searches that plan no full evaluations.
@Suite struct TargetTests {
    private func facts(_ search: String, target: String = "null") throws -> StudyFacts {
        let endless = search == "racing" ? ", stop_probability: 0" : ""
        return try makeFacts(
            val: 120,
            settings: flow(
                "{kind: mipro, search: \(search), auto: null, num_candidates: 6, num_trials: 40, target_score: \(target)\(endless)}"))
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
        let run = try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts))
        let block = try #require(self.search(run).first { $0.trial > 2 })
        let start = try #require(run.decisions.flatMap(\.trials).first { $0.number == block.trial })
        return (start.candidate, block.trial, block.rows)
    }

    /// Who is believed to reach the target is run on the rows that it lacks, and ends the search if it does.
    @Test(arguments: ["racing", "gp"], [0, 1])
    func aBelievedTargetIsVerified(kind: String, timing: Int) throws {
        let (candidate, trial, _) = try early(kind)
        let facts = try facts(kind, target: "0.97")
        var surface = SimulatedSurface(facts: facts)
        surface.scores = .constant(0.2)
        surface.favourite = candidate
        let run = try PlanDriver.run(StudyPlan(facts), on: surface, timing: timing)
        #expect(run.result?.finishReason == .targetScore && run.result?.bestTrial == trial)
        #expect(Set(search(run).filter { $0.trial == trial }.flatMap(\.rows)).count == 120)
        let endless = try self.facts(kind)
        let full = try PlanDriver.run(StudyPlan(endless), on: surface)
        let (spent, all) = (search(run).reduce(0) { $0 + $1.rows.count }, search(full).reduce(0) { $0 + $1.rows.count })
        #expect(spent < all * 2 / 3, "\(spent) of \(all)")
        #expect(PlanDriver.replay(StudyPlan(facts), of: run) == run.steps)
        let other = try PlanDriver.run(StudyPlan(facts), on: surface, timing: timing + 7)
        #expect(other.decisions == run.decisions, "in whatever order results come")
    }

    /// Who only looked like it has all rows then, is judged by them, and the search goes on.
    @Test(arguments: ["racing", "gp"])
    func aTargetThatIsNotReachedEndsNothing(kind: String) throws {
        let (candidate, trial, rows) = try early(kind)
        let facts = try facts(kind, target: "0.5")
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
