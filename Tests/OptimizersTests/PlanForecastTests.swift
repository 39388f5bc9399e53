import JSON
import Testing

@testable import Optimizers

/// How much work a plan asks for, before it is begun.
@Suite struct PlanForecastTests {
    private func scenario(_ change: (inout PlanForecast.Scenario) -> Void = { _ in }) -> PlanForecast.Scenario {
        var scenario = PlanForecast.Scenario(quality: 0.5, teacherSkill: 0.5)
        change(&scenario)
        return scenario
    }

    /// Where the schedule asks nothing of the outcomes, the forecast is what the plan does.
    @Test func aFixedScheduleIsForeseenExactly() throws {
        let facts = try makeFacts(settings: flow("{kind: random_search, num_candidate_programs: 3, max_bootstrapped_demos: 0}"))
        let run = try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts))
        var asked: [Stage: Int] = [:]
        for decision in run.decisions {
            guard case .evaluate(_, _, _, _, let fresh, _) = decision.work else { continue }
            asked[decision.stage, default: 0] += fresh.count
        }
        let forecast = PlanForecast(facts, scenario())
        for stage in [Stage.baseline, .search] { #expect(forecast.runsByStage[stage] == asked[stage], "\(stage)") }
        // The winner and the program as it was are tested on every row, unless they are one.
        #expect([30, 60].contains(forecast.runsByStage[.test]))
        #expect(forecast.runCount == forecast.runsByStage.values.reduce(0, +))
        #expect(forecast.runs.keys.allSatisfy { forecast.states[$0.candidate] != nil })
    }

    @Test(arguments: ["{kind: mipro}", "{kind: gepa, max_metric_calls: 300}", "{kind: copro}", "{kind: bootstrap_few_shot}"])
    func everyPlanEndsAndIsForecastTheSameTwice(kind: String) throws {
        let facts = try makeFacts(settings: flow(kind))
        let (first, second) = (PlanForecast(facts, scenario()), PlanForecast(facts, scenario()))
        #expect(first.runs == second.runs && first.proposals == second.proposals && first.seconds == second.seconds)
        #expect(first.runsByStage[.baseline] == 60 && first.runsByStage[.test] ?? 0 >= 30)
        if let step = first.firstStep {
            #expect(step.proposals <= first.proposals.count)
            #expect(step.runs.allSatisfy { runs, count in count <= first.runs[runs] ?? 0 })
        }
    }

    /// No slot does two things at once, and more slots never take longer.
    @Test func timeFollowsFromSlots() throws {
        let facts = try makeFacts(settings: flow("{kind: random_search, num_candidate_programs: 4}"))
        func forecast(_ slots: Int) -> PlanForecast {
            PlanForecast(facts, scenario { ($0.slots, $0.runSeconds, $0.proposalSeconds) = (slots, 2, 0) })
        }
        let alone = forecast(1)
        #expect(abs(alone.seconds - Double(alone.runCount) * 2) < 1e-6, "one slot is never idle")
        let many = forecast(16)
        #expect(many.runs == alone.runs)
        #expect(many.seconds >= alone.seconds / 16 && many.seconds < alone.seconds / 4)
        #expect(forecast(0).seconds == alone.seconds, "one slot at least")
    }

    /// A good teacher has its demos early; a bad one is asked to the end.
    @Test func aBetterTeacherIsAskedLess() throws {
        let facts = try makeFacts(settings: flow("{kind: bootstrap_few_shot, max_bootstrapped_demos: 4}"))
        func bootstraps(_ skill: Double) -> Int {
            PlanForecast(facts, scenario { $0.teacherSkill = skill }).runs.filter { $0.key.purpose == .bootstrap }.values.reduce(
                0, +)
        }
        #expect(bootstraps(1) < bootstraps(0) && bootstraps(0) >= facts.train.count)
    }

    @Test func aPlanThatDoesNotEndIsGivenUp() throws {
        let facts = try makeFacts(settings: flow("{kind: random_search, num_candidate_programs: 8}"))
        let (whole, part) = (PlanForecast(facts, scenario()), PlanForecast(facts, scenario(), limit: 2))
        #expect(part.runCount > 0 && part.runCount < whole.runCount && part.runsByStage[.test] == nil)
    }
}
