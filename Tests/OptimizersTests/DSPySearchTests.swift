import JSON
import Programs
import Testing

@testable import Optimizers

/// MIPROv2's own schedule, as studies run it with `search: dspy`.
@Suite struct DSPySearchTests {
    private func run(
        _ settings: String, val: Int = 150, _ change: (inout SimulatedSurface) -> Void = { _ in }
    ) throws -> PlanDriver.Run {
        let facts = try makeFacts(val: val, settings: flow(settings))
        var surface = SimulatedSurface(facts: facts)
        change(&surface)
        return try PlanDriver.run(StudyPlan(facts), on: surface)
    }

    private let fixed = "{kind: mipro, search: dspy, auto: null, num_candidates: 6, num_trials: 22, minibatch_size: 30}"

    /// The fresh rows of each decision of the search, by trial.
    private func search(_ run: PlanDriver.Run) -> [(index: Int, trial: Int, fresh: [Int])] {
        run.decisions.enumerated().compactMap { index, decision in
            guard decision.stage == .search, case .evaluate(let trial, _, _, _, let fresh, _) = decision.work else { return nil }
            return (index, trial, fresh)
        }
    }

    @Test func oneTrialComesAfterAnother() throws {
        let run = try run(fixed)
        let numbers = Set(search(run).map(\.index))
        var pending: Int?
        var issued = 0
        for step in run.steps {
            if step.hasPrefix("await ") {
                if Int(step.dropFirst(6)) == pending { pending = nil }
            } else {
                if numbers.contains(issued) {
                    #expect(pending == nil, "\(step) was decided before an earlier one was known")
                    pending = issued
                }
                issued += 1
            }
        }
        #expect(numbers.count > 20)
    }

    /// After every fifth minibatch and after the last one, the best mean of minibatch means is evaluated on the rest of the rows.
    @Test func fullEvaluationsFollowEveryFiveTrials() throws {
        let run = try run(fixed)
        var minibatches = 0
        var known: [Int: Int] = [0: 150]
        var fullAfter: [Int] = []
        for (_, trial, fresh) in search(run) {
            known[trial, default: 0] += fresh.count
            // A repeated point's fresh minibatch overlaps what is known of it, so it may be smaller; a full one completes.
            if known[trial] == 150, fresh.count > 30 { fullAfter.append(minibatches) } else { minibatches += 1 }
        }
        #expect(fullAfter.count == 5)
        // A minibatch of a point that is known in full needs no decision: then the count of decisions lags behind.
        for (place, after) in zip([5, 10, 15, 20, 22], fullAfter) { #expect(after <= place && after >= place - 3) }
    }

    @Test func theWinnerWasEvaluatedInFull() throws {
        let run = try run(fixed)
        let best = try #require(run.result?.bestTrial)
        let fresh = search(run).filter { $0.trial == best }.flatMap(\.fresh)
        #expect(best == 0 || Set(fresh).count == 150)
        #expect(run.result?.bestVal.examples == 150)
    }

    @Test func minibatchesAreUniformSamples() throws {
        let run = try run(fixed)
        let first = search(run).filter { $0.fresh.count == 30 }.map { Set($0.fresh) }
        try #require(first.count > 5)
        #expect(Set(first).count == first.count, "each trial draws its own")
        #expect(first.reduce(into: Set()) { $0.formUnion($1) }.count > 120)
    }

    @Test func withoutMinibatchesEveryTrialIsFull() throws {
        let run = try run("{kind: mipro, search: dspy, auto: null, num_candidates: 4, num_trials: 8, minibatch: false}", val: 20)
        #expect(search(run).allSatisfy { $0.fresh.count == 20 } && !search(run).isEmpty)
        #expect(run.result?.finishReason == .trials)
    }

    @Test func missingResultsAreNoObservations() throws {
        let broken = try run(fixed) { $0.faults = 1 }
        #expect(broken.result?.isBaselineJudged == false && broken.result?.bestTrial == 0)
        let partly = try run(fixed) { $0.faults = 0.3 }
        #expect(partly.result != nil)
    }

    @Test func aTargetEndsIt() throws {
        let run = try run("{kind: mipro, search: dspy, auto: null, num_candidates: 6, num_trials: 22, target_score: 0.05}")
        #expect(run.result?.finishReason == .targetScore && search(run).isEmpty)
    }

    @Test func theOrderOfArrivalDoesNotMatter() throws {
        let facts = try makeFacts(val: 150, settings: flow(fixed))
        let surface = SimulatedSurface(facts: facts)
        let runs = try (0..<3).map { try PlanDriver.run(StudyPlan(facts), on: surface, timing: $0) }
        #expect(runs.allSatisfy { $0.decisions == runs[0].decisions && $0.result == runs[0].result })
        #expect(PlanDriver.replay(StudyPlan(facts), of: runs[0]) == runs[0].steps)
    }
}
