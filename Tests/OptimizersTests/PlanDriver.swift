import Optimizers
import Programs
import Randomness
import Testing

/// Drives a plan as a coordinator would: outcomes arrive in any order and are kept; the plan is told what it awaits.
/// Checks on the way what must hold for every plan.
struct PlanDriver {
    struct Run {
        var decisions: [Decision] = []
        var outcomes: [Outcome] = []
        /// Every step: an issued decision's key, or the awaited index.
        var steps: [String] = []
        var result: PlanResult?
        /// At the end.
        var beliefs: [TrialBelief] = []
        var peakSearchWidth = 0
        /// The same, of the decisions behind the uniform start.
        var peakGuidedWidth = 0
    }

    /// - Parameter timing: seeds the order in which decisions complete.
    static func run(_ plan: some Plan, on surface: SimulatedSurface, timing: Int = 0, stepLimit: Int = 20_000) throws -> Run {
        var plan = plan
        var run = Run()
        var states: [String: ProgramState] = [:]
        var stored: [Int: Outcome] = [:]
        var told: Set<Int> = []
        var clock = KeyedGenerator(seed: 1, purpose: "timing", index: timing)
        for _ in 0..<stepLimit {
            switch plan.next() {
            case .issue(let decision):
                for candidate in decision.candidates {
                    #expect(states.updateValue(candidate.state, forKey: candidate.id) == nil, "a candidate is stored once")
                }
                run.decisions.append(decision)
                run.steps.append(decision.key)
                let pending = pendingSearch(run.decisions, told: told)
                run.peakSearchWidth = max(run.peakSearchWidth, pending)
                if run.decisions.count(where: { $0.stage == .search }) > 9 {
                    run.peakGuidedWidth = max(run.peakGuidedWidth, pending)
                }
            case .await(let index):
                try #require(run.decisions.indices.contains(index) && !told.contains(index))
                #expect(plan.next() == .await(index), "awaiting repeats itself")
                while stored[index] == nil {
                    let open = run.decisions.indices.filter { stored[$0] == nil }
                    let finished = open[clock.below(open.count)]
                    stored[finished] = surface.answer(run.decisions[finished], states: states)
                }
                told.insert(index)
                run.steps.append("await \(index)")
                plan.tell(stored[index]!)
            case .finish(let result):
                #expect(plan.next() == .finish(result), "nothing comes after the end")
                #expect(told.count == run.decisions.count, "every decision was awaited")
                run.outcomes = run.decisions.indices.map { stored[$0]! }
                run.result = result
                run.beliefs = plan.beliefs
                checkDecisions(run.decisions)
                return run
            }
        }
        Issue.record("the plan does not end")
        return run
    }

    private static func pendingSearch(_ decisions: [Decision], told: Set<Int>) -> Int {
        decisions.enumerated().reduce(0) { sum, entry in
            guard !told.contains(entry.offset), entry.element.stage == .search else { return sum }
            return switch entry.element.work {
            case .evaluate(_, _, _, _, let fresh, _): sum + fresh.count
            case .trace(_, let examples, _): sum + examples.count
            case .bootstrap, .propose, .finetune, .stop: sum
            }
        }
    }

    private static func checkDecisions(_ decisions: [Decision]) {
        var pairs: Set<String> = []
        var attempts: Set<String> = []
        var trials: [Int: String] = [:]
        #expect(Set(decisions.map(\.key)).count == decisions.count, "keys are unique")
        for decision in decisions {
            for start in decision.trials {
                #expect(start.number == trials.count)
                #expect(trials.updateValue(start.candidate, forKey: start.number) == nil)
            }
            switch decision.work {
            case .evaluate(let trial, let candidate, let split, let block, let fresh, let retry):
                #expect(trials[trial] == candidate)
                #expect(Set(fresh).isSubset(of: block) && Set(block).count == block.count && !block.isEmpty)
                for row in fresh { #expect(pairs.insert("\(candidate) \(split) \(row) \(retry)").inserted, "no pair twice") }
                for row in block { #expect(pairs.contains("\(candidate) \(split) \(row) \(retry)")) }
            case .bootstrap(let candidate, let examples, let round):
                #expect(!examples.isEmpty)
                for row in examples {
                    #expect(attempts.insert("teacher \(candidate) \(row) \(round)").inserted, "no attempt twice")
                }
            case .trace(let candidate, let examples, let round):
                #expect(!examples.isEmpty)
                for row in examples {
                    #expect(attempts.insert("\(candidate) \(row) \(round)").inserted, "no trace twice")
                }
            case .propose(let calls): #expect(!calls.isEmpty)
            case .finetune(let call): #expect(!call.rows.isEmpty)
            case .stop: #expect(decision.candidates.isEmpty && decision.trials.isEmpty)
            }
        }
    }

    /// Feeds recorded outcomes to a new plan and compares every step.
    static func replay(_ plan: some Plan, of run: Run) -> [String] {
        var plan = plan
        var steps: [String] = []
        while true {
            switch plan.next() {
            case .issue(let decision):
                #expect(decision == run.decisions[steps.count { !$0.hasPrefix("await") }])
                steps.append(decision.key)
            case .await(let index):
                steps.append("await \(index)")
                plan.tell(run.outcomes[index])
            case .finish: return steps
            }
        }
    }
}
