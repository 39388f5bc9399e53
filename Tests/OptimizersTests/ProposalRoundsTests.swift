import JSON
import Programs
import Testing

@testable import Optimizers

@Suite struct ProposalRoundsTests {
    private func run(
        _ settings: String, predictors: Int = 2, val: Int = 60, timing: Int = 0,
        _ change: (inout SimulatedSurface) -> Void = { _ in }
    ) throws -> PlanDriver.Run {
        let facts = try makeFacts(predictors: predictors, val: val, settings: flow(settings))
        var surface = SimulatedSurface(facts: facts)
        change(&surface)
        return try PlanDriver.run(StudyPlan(facts), on: surface, timing: timing)
    }

    private func rounds(_ run: PlanDriver.Run) -> [(index: Int, calls: [ProposalCall])] {
        run.decisions.enumerated().compactMap { index, decision in
            guard case .propose(let calls) = decision.work, decision.key.hasPrefix("propose/instruct") else { return nil }
            return (index, calls)
        }
    }

    @Test(arguments: ["racing", "gp", "tpe", "random"])
    func laterRoundsSeeTheHistory(search: String) throws {
        let run = try run("{kind: mipro, auto: medium, proposal_rounds: 3, search: \(search)}", val: 100)
        let rounds = rounds(run)
        #expect(rounds.map { run.decisions[$0.index].key } == ["propose/instruct", "propose/instruct/2", "propose/instruct/3"])
        #expect(rounds[0].calls.allSatisfy { $0.inputs["previous_instructions"] == nil })
        for (number, round) in rounds.enumerated() {
            #expect(
                round.calls.map(\.key)
                    == ["step0.predict", "step1.predict"].flatMap { path in
                        (1...5).map { "\(path)/\(number * 5 + $0)" }
                    })
            for call in round.calls {
                #expect(call.signature.inputs.map(\.name) == call.inputs.keys)
                guard number > 0 else { continue }
                #expect(call.inputs["previous_instructions"]?.stringValue?.contains("Instruction #2: ") == true)
                #expect(call.inputs["task_demos"]?.stringValue?.contains("Question: question") == true)
            }
        }
        // New instructions are tried behind their round; where blocks are small, all of them are.
        let starts = run.decisions.enumerated().flatMap { index, decision in decision.trials.map { (index, $0.params) } }
        for path in ["step0.predict", "step1.predict"] {
            let chosen = Set(starts.compactMap { $0.1["\(path).instructions"]?.intValue })
            #expect(chosen.count > 9 && chosen.contains { $0 > 10 }, "\(chosen.sorted())")
            if ["racing", "gp"].contains(search) { #expect(chosen == Set(0...15), "\(chosen.sorted())") }
            for (index, params) in starts {
                let choice = params["\(path).instructions"]?.intValue ?? 0
                if choice > 5 { #expect(index > rounds[1].index) }
                if choice > 10 { #expect(index > rounds[2].index) }
            }
        }
    }

    @Test(arguments: ["racing", "tpe"])
    func theSearchGoesOnMeanwhile(search: String) throws {
        let run = try run("{kind: mipro, auto: heavy, proposal_rounds: 2, search: \(search)}", val: 200)
        let round = rounds(run)[1].index
        let issued = try #require(run.steps.firstIndex(of: "propose/instruct/2"))
        let awaited = try #require(run.steps.firstIndex(of: "await \(round)"))
        #expect(run.steps[issued..<awaited].contains { $0.hasPrefix("evaluate/") })
        #expect(run.steps[issued..<awaited].contains { $0.hasPrefix("await ") })
    }

    @Test(arguments: ["racing", "tpe", "random"])
    func nothingNewChangesNothing(search: String) throws {
        // All proposals fail: the spaces stay as they are, the search is the one without rounds.
        let one = try run("{kind: mipro, auto: medium, search: \(search)}") { $0.proposalFaults = 1 }
        let three = try run("{kind: mipro, auto: medium, proposal_rounds: 3, search: \(search)}") { $0.proposalFaults = 1 }
        func trials(_ run: PlanDriver.Run) -> Set<String> { Set(run.decisions.flatMap(\.trials).map(\.candidate)) }
        #expect(rounds(three).count == 3)
        #expect(trials(one).count > 3 && !trials(three).isEmpty)
        #expect(three.result != nil)
    }

    @Test func anExhaustedSpaceIsGrown() throws {
        // One predictor, two instructions, no demos: two programs to begin with.
        let settings = """
            {kind: mipro, auto: null, num_candidates: 2, num_trials: 30, minibatch: false, proposal_rounds: 4, \
            max_bootstrapped_demos: 0, max_labeled_demos: 0, search: tpe}
            """
        let run = try run(settings, predictors: 1)
        #expect(rounds(run).count == 4)
        #expect(run.decisions.flatMap(\.trials).count == 5)
    }

    @Test func theTargetEndsItWithARoundUnderWay() throws {
        for timing in 0..<4 {
            let run = try run("{kind: mipro, auto: medium, proposal_rounds: 5, target_score: 0.55, search: tpe}", timing: timing)
            #expect(run.result?.finishReason == .targetScore || run.result?.finishReason == .trials)
        }
    }

    @Test func aRoundIsDueByWhatIsTold() {
        var rounds = ProposalRounds(rounds: 3, planned: 300, width: 20)
        func step(_ asked: Int, _ told: Int) -> String { "\(rounds.step(asked: asked, told: told))" }
        #expect(step(99, 99) == "search" && step(130, 90) == "search" && step(140, 90) == "wait" && step(120, 100) == "propose")
        rounds.begin()
        #expect(step(139, 120) == "search" && step(140, 120) == "adopt")
        rounds.end()
        #expect(step(190, 190) == "search" && step(210, 200) == "propose")
        rounds.begin()
        rounds.end()
        #expect(!rounds.areLeft && step(300, 300) == "search")
    }
}
