import JSON
import Programs
import Testing

@testable import Optimizers

/// How many runs of the program a decision asks for.
private func freshRows(_ decision: Decision) -> Int {
    switch decision.work {
    case .evaluate(_, _, _, _, let fresh, _): fresh.count
    case .trace(_, let examples, _), .bootstrap(_, let examples, _): examples.count
    case .propose, .finetune, .stop: 0
    }
}

/// What ends a search early, and what is tried again.
@Suite struct StopTests {
    /// Runs a plan that is stopped from outside after so many outcomes.
    /// - Returns: beside what came of it, how many runs were foreseen at the stop for what was still to be asked for.
    private func run(_ facts: StudyFacts, stopAfter told: Int) throws -> (
        decisions: [Decision], outcomes: [Outcome], result: PlanResult, foreseen: Int
    ) {
        var plan = StudyPlan(facts)
        let surface = SimulatedSurface(facts: facts)
        var decisions: [Decision] = []
        var outcomes: [Int: Outcome] = [:]
        var foreseen = 0
        while true {
            if outcomes.count == told {
                let pending = decisions.indices.filter { outcomes[$0] == nil }.reduce(0) { $0 + freshRows(decisions[$1]) }
                if foreseen == 0 { foreseen = plan.examplesToEnd - pending }
                plan.stop(.budgetCalls)
            }
            switch plan.next() {
            case .issue(let decision): decisions.append(decision)
            case .await(let index):
                let states = Dictionary(uniqueKeysWithValues: decisions.flatMap(\.candidates).map { ($0.id, $0.state) })
                let outcome = surface.answer(decisions[index], states: states)
                outcomes[index] = outcome
                plan.tell(outcome)
            case .finish(let result): return (decisions, decisions.indices.map { outcomes[$0]! }, result, foreseen)
            }
        }
    }

    @Test(arguments: ["{kind: mipro, search: tpe}", "{kind: mipro, search: racing}", "{kind: random_search}"], [0, 1, 4, 9])
    func aStopIsADecision(kind: String, told: Int) throws {
        let facts = try makeFacts(settings: flow(kind))
        let full = try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts))
        let stopped = try run(facts, stopAfter: told)
        #expect(stopped.result.finishReason == .budgetCalls)
        let stop = try #require(stopped.decisions.firstIndex { $0.key == "stop" })
        #expect(stopped.decisions[stop].work == .stop(.budgetCalls, told: told))
        #expect(stopped.decisions[..<stop].elementsEqual(full.decisions[..<stop]), "before the stop nothing differs")
        #expect(stopped.decisions[(stop + 1)...].allSatisfy { [.confirm, .test, .baseline].contains($0.stage) })
        #expect(stopped.decisions.count < full.decisions.count)
        #expect(stopped.result.bestTest?.isComplete == true)
        #expect(try Decision(json: stopped.decisions[stop].json) == stopped.decisions[stop])
    }

    /// A budget that ends behind the search is named where it costs rows; they are counted, and not asked for again.
    @Test(arguments: [Stage.confirm, .test])
    func aLateStopIsNamedWhereRowsAreMissing(stage: Stage) throws {
        let facts = try makeFacts(val: 150, settings: flow("{kind: mipro}"))
        let surface = SimulatedSurface(facts: facts)
        var plan = StudyPlan(facts)
        var decisions: [Decision] = []
        var states: [String: ProgramState] = [:]
        var result: PlanResult?
        var isSpent = false
        while result == nil {
            switch plan.next() {
            case .issue(let decision):
                decisions.append(decision)
                for candidate in decision.candidates { states[candidate.id] = candidate.state }
                // Of what is asked for ahead of the end of the search, nothing is missing.
                guard decision.stage == stage, !isSpent, decision.priority == 0 else { continue }
                isSpent = true
                plan.stop(.budgetCalls)
            case .await(let index):
                var outcome = surface.answer(decisions[index], states: states)
                if isSpent, case .evaluated(let all) = outcome {
                    outcome = .evaluated(all.enumerated().map { $0 < 10 ? $1 : ExampleOutcome.infrastructureError })
                }
                plan.tell(outcome)
            case .finish(let end): result = end
            }
        }
        let stop = try #require(decisions.firstIndex { $0.key == "stop" })
        #expect(decisions[stop].stage == stage)
        #expect(!decisions.contains { $0.key.hasPrefix("retry/") })
        #expect(result?.finishReason == .budgetCalls)
        let note = "20 of 30 test examples have no score of the uncompiled program."
        #expect(result?.notes.contains(note) == true, "\(result?.notes ?? [])")
        let winner = try #require(result?.bestTrial)
        if stage == .test {
            #expect(winner > 0 && result?.notes.contains("20 of 30 test examples have no score of trial \(winner).") == true)
            #expect(result?.notes.count == 2)
        } else {
            #expect(result?.notes.contains { $0.contains("of 150 validation examples were scored") } == true)
        }
    }

    @Test func aLateStopThatCostsNothingChangesNothing() throws {
        let facts = try makeFacts(settings: flow("{kind: random_search, num_candidate_programs: 2}"))
        var plan = StudyPlan(facts)
        let full = try PlanDriver.run(plan, on: SimulatedSurface(facts: facts))
        var (stops, stop) = (0, -1)
        var issued = 0
        /// One step; whether it is the record of the stop.
        func advance() -> Int {
            switch plan.next() {
            case .issue(let decision):
                issued += 1
                guard decision.key == "stop" else { return 0 }
                stop = issued - 1
                #expect(decision.stage == .confirm, "before the test rows are asked for")
                return 1
            case .await(let index):
                plan.tell(index == stop ? .stopped : full.outcomes[stop >= 0 && index > stop ? index - 1 : index])
                return 0
            case .finish: return 0
            }
        }
        for outcome in full.steps {
            if outcome.hasPrefix("test/") { plan.stop(.budgetWall) }
            stops += advance()
        }
        while true {
            if case .finish(let result) = plan.next() {
                #expect(result == full.result)
                break
            }
            stops += advance()
        }
        #expect(stops == 1)
    }

    @Test func theEndIsForeseen() throws {
        let facts = try makeFacts(val: 60, test: 30, settings: flow("{kind: mipro, search: tpe}"))
        var plan = StudyPlan(facts)
        #expect(plan.examplesToEnd == 2 * 60 + 2 * 30)
        let full = try PlanDriver.run(plan, on: SimulatedSurface(facts: facts))
        for _ in full.steps {
            if case .issue = plan.next() { continue }
            if case .await(let index) = plan.next() { plan.tell(full.outcomes[index]) }
        }
        #expect(plan.examplesToEnd == 0)
    }

    /// A budget keeps room for that much: what a stop leaves to be done is never more, whoever the contenders turn out to be.
    @Test(
        arguments: [
            "{kind: mipro}", "{kind: mipro, search: gp}", "{kind: mipro, search: tpe}", "{kind: mipro, search: dspy}",
            "{kind: random_search}", "{kind: random_search, early_elimination: true}", "{kind: copro, breadth: 3}",
            "{kind: gepa, max_metric_calls: 400}", "{kind: ensemble, programs: {kind: mipro}}",
            "{kind: better_together, strategy: p -> p, optimizers: {p: {kind: mipro}}}",
            "{kind: better_together, strategy: p -> p, optimizers: {p: {kind: random_search, early_elimination: true}}}",
        ], [6, 12, 20, 44, 100, 120])
    func theRestIsForeseen(kind: String, told: Int) throws {
        let facts = try makeFacts(val: 60, test: 30, settings: flow(kind))
        let stopped = try run(facts, stopAfter: told)
        let found = stopped.decisions.firstIndex { $0.key == "stop" }
        #expect(found != nil || told > 12, "small searches have ended by then")
        guard let stop = found else { return }
        let needed = stopped.decisions[stop...].reduce(0) { $0 + freshRows($1) }
        #expect(needed > 0 && needed <= stopped.foreseen, "\(needed) of \(stopped.foreseen)")
    }

    @Test func patienceEnds() throws {
        let facts = try makeFacts(settings: flow("{kind: random_search, num_candidate_programs: 40, patience: 3, width: 1}"))
        let run = try PlanDriver.run(StudyPlan(facts), on: SimulatedSurface(facts: facts))
        #expect(run.result?.finishReason == .noImprovement)
        #expect(run.decisions.count { $0.stage == .search } < 40)
        var patience = Patience(limit: 2)
        for leader in [nil, 1, 1] { patience.look(at: leader) }
        #expect(!patience.isOver)
        patience.look(at: 1)
        #expect(patience.isOver)
    }

    /// What failed for one candidate only is tried again in the confirmation, and only that.
    @Test func failuresOfOneCandidateAreTriedAgain() throws {
        let facts = try makeFacts(settings: flow("{kind: random_search, num_candidate_programs: 3}"))
        var surface = SimulatedSurface(facts: facts)
        surface.faults = 0.06
        let run = try PlanDriver.run(StudyPlan(facts), on: surface)
        let retried = run.decisions.filter { $0.key.hasPrefix("retry/") }
        #expect(!retried.isEmpty && retried.allSatisfy { $0.stage == .confirm })
        for decision in retried {
            guard case .evaluate(let trial, _, .val, let block, let fresh, 1) = decision.work else {
                Issue.record("\(decision.key) is no second try")
                continue
            }
            #expect(block == fresh)
            let earlier = zip(run.decisions, run.outcomes).flatMap { decision, outcome -> [(Int, ExampleOutcome)] in
                guard case .evaluate(trial, _, .val, let block, _, 0) = decision.work,
                    case .evaluated(let outcomes) = outcome
                else { return [] }
                return Array(zip(block, outcomes))
            }
            for row in block { #expect(earlier.contains { $0.0 == row && $0.1 == .infrastructureError }) }
        }
        #expect(run.result?.baselineVal.coverage ?? 0 > 0.97)
    }
}
