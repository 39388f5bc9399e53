import JSON
import Programs
import Testing

@testable import Optimizers

@Suite struct COPROTests {
    private func run(
        _ settings: String, predictors: Int = 1, timing: Int = 0, _ change: (inout SimulatedSurface) -> Void = { _ in }
    ) throws -> PlanDriver.Run {
        let facts = try makeFacts(predictors: predictors, settings: flow(settings))
        var surface = SimulatedSurface(facts: facts)
        change(&surface)
        return try PlanDriver.run(StudyPlan(facts), on: surface, timing: timing)
    }

    private func calls(_ run: PlanDriver.Run) -> [(key: String, calls: [ProposalCall])] {
        run.decisions.compactMap { decision in
            if case .propose(let calls) = decision.work { (decision.key, calls) } else { nil }
        }
    }

    private func searched(_ run: PlanDriver.Run) -> [TrialStart] {
        run.decisions.filter { $0.stage == .search }.flatMap(\.trials)
    }

    @Test func onePredictorSeesItsHistory() throws {
        let run = try run("{kind: copro, breadth: 4, depth: 3}")
        let proposals = calls(run)
        #expect(proposals.map(\.key) == ["propose/seeds", "propose/depth1/step0.predict", "propose/depth2/step0.predict"])
        #expect(proposals.map(\.calls.count) == [3, 4, 4])
        #expect(proposals[0].calls.allSatisfy { $0.temperature == 1.4 && $0.inputs == ["basic_instruction": "Do step 0."] })
        // Each new instruction is evaluated once, in full: the original's results are the baseline's.
        #expect(searched(run).count == 11)
        for (_, calls) in proposals.dropFirst() {
            #expect(Set(calls.map(\.key)).count == 4)
            let text = try #require(calls[0].inputs["attempted_instructions"]?.stringValue)
            let scores = text.split(separator: "\n").filter { $0.hasPrefix("Resulting Score #") }.compactMap {
                $0.split(separator: " ").last.flatMap { Double($0) }
            }
            #expect(scores.count == 4 && scores == scores.sorted(), "the best ones, in ascending order")
            #expect(calls.allSatisfy { $0.inputs == calls[0].inputs })
        }
        let best = try #require(run.result)
        #expect(best.bestTrial > 0 && best.finishReason == .trials)
    }

    /// The ascent written down anew, without plan, window or record.
    @Test func severalPredictorsClimbInTurn() throws {
        let facts = try makeFacts(settings: flow("{kind: copro, breadth: 3, depth: 2}"))
        let surface = SimulatedSurface(facts: facts)
        let run = try run("{kind: copro, breadth: 3, depth: 2}", predictors: 2)
        func score(_ state: ProgramState) -> Double {
            let id = Candidate(state).id
            let scores = (0..<60).map { row -> Double in
                if case .scored(let score) = surface.outcome(of: id, state: state, split: .val, row: row) { score } else { 0 }
            }
            return scores.reduce(0, +) / 60
        }
        let paths = facts.initial.paths
        var texts = Dictionary(
            uniqueKeysWithValues: paths.map { path in
                (path, [facts.initial[path]!.instructions] + (1...2).map { "text of \(path)/\($0)" })
            })
        var current = facts.initial
        var seen: Set<String> = [Candidate(facts.initial).id]
        var expected: [String] = []
        for depth in 0..<2 {
            for path in paths {
                var best = (score: -1.0, text: "")
                for text in texts[path]! {
                    var state = current
                    state[path]!.instructions = text
                    if seen.insert(Candidate(state).id).inserted { expected.append(Candidate(state).id) }
                    let score = score(state)
                    if score > best.score { best = (score, text) }
                }
                current[path]!.instructions = best.text
                if depth == 0 { texts[path]! += (3...5).map { "text of \(path)/\($0)" } }
            }
        }
        #expect(searched(run).map(\.candidate) == expected)
        #expect(calls(run).map(\.key) == ["propose/seeds", "propose/depth1/step0.predict", "propose/depth1/step1.predict"])
        #expect(calls(run)[0].calls.count == 4, "all predictors' first instructions at once")
    }

    @Test func theNextPredictorDoesNotWaitForProposals() throws {
        let run = try run("{kind: copro, breadth: 3, depth: 2}", predictors: 2)
        let proposed = try #require(run.decisions.firstIndex { $0.key == "propose/depth1/step0.predict" })
        let awaited = try #require(run.steps.firstIndex(of: "await \(proposed)"))
        #expect(run.steps[..<awaited].contains("propose/depth1/step1.predict"))
    }

    @Test func failedProposalsCostOnlyThemselves() throws {
        let half = try run("{kind: copro, breadth: 5, depth: 2}") { $0.proposalFaults = 0.5 }
        #expect((1..<9).contains(searched(half).count))
        let none = try run("{kind: copro, breadth: 5, depth: 3}") { $0.proposalFaults = 1 }
        #expect(searched(none).isEmpty && none.result?.bestTrial == 0)
        #expect(calls(none).map(\.calls.count) == [4, 5, 5], "asked again, shown the one instruction there is")
    }

    @Test func withoutScoresThereIsNoHistory() throws {
        let run = try run("{kind: copro, breadth: 3, depth: 2}", predictors: 2) { $0.faults = 1 }
        #expect(calls(run).allSatisfy { $0.calls.allSatisfy { $0.inputs.keys == ["basic_instruction"] } })
        #expect(run.result?.bestTrial == 0)
    }

    @Test func equalAnswersAreOneCandidate() throws {
        var pool = InstructionPool(try makeFacts(predictors: 1, settings: flow("{kind: copro}")).initial)
        let path = "step0.predict"
        #expect(pool.add("\"Sort it.\"", for: path) == 1)
        #expect(pool.add(" Sort it.\n", for: path) == nil && pool.add("Do step 0.", for: path) == nil)
        #expect(pool.add("  ", for: path) == nil && pool.choices(for: path) == ["Do step 0.", "Sort it."])
    }

    @Test func theTargetEndsIt() throws {
        let run = try run("{kind: copro, breadth: 8, depth: 3, width: 1, target_score: 0.1}")
        #expect(run.result?.finishReason == .targetScore)
        #expect(searched(run).count < 3, "the baseline, or one of the first, is good enough")
    }

    @Test func theWidthBoundsWhatIsAhead() throws {
        #expect(try run("{kind: copro, breadth: 6, depth: 2, width: 1}").peakSearchWidth == 60)
        #expect(try run("{kind: copro, breadth: 6, depth: 2, width: 200}").peakSearchWidth == 240)
    }

    @Test func theEstimateIsWhatItNeeds() throws {
        for predictors in [1, 3] {
            let settings = "{kind: copro, breadth: 4, depth: 3}"
            let facts = try makeFacts(predictors: predictors, settings: flow(settings))
            let run = try run(settings, predictors: predictors)
            let asked = run.decisions.reduce(0) { sum, decision in
                guard case .evaluate(_, _, .val, _, let fresh, _) = decision.work, decision.stage == .search else { return sum }
                return sum + fresh.count
            }
            let planned = facts.settings.kind.plannedExamples(StudySize(val: 60, predictors: predictors))
            // Fewer where an instruction stays: its programs are known.
            #expect(asked <= planned && asked > planned / 2, "\(asked) of \(planned)")
        }
    }

    @Test func aHistoryShowsTheBestAscending() {
        let tried = [("a", 0.5), ("b", 0.25), ("c", 0.5), ("d", 12.34567)].map {
            InstructionHistory.Entry(text: $0.0, score: $0.1)
        }
        let history = InstructionHistory(tried, limit: 3)
        #expect(history.entries.map(\.text) == ["c", "a", "d"])
        #expect(
            history.text == """
                Instruction #1: c
                Resulting Score #1: 0.5

                Instruction #2: a
                Resulting Score #2: 0.5

                Instruction #3: d
                Resulting Score #3: 12.346
                """)
        #expect(InstructionHistory([], limit: 3).isEmpty)
    }
}
