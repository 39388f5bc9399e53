package import JSON
package import Programs
internal import Randomness

/// How much work a plan asks for, found by running the plan itself against outcomes that are made up.
///
/// So every optimiser is forecast by its own schedule, stopping rules and repetitions, and by no table of guesses.
package struct PlanForecast: Sendable {
    /// What the made-up outcomes are like.
    package struct Scenario: Sendable, Hashable {
        /// Of the uncompiled program: the mean score, 0…1.
        package var quality: Double
        /// The share of the teacher's runs that are good enough for a demo.
        package var teacherSkill: Double
        package var seed: UInt64
        /// Examples that the workers keep in flight together, one at least.
        package var slots: Int
        /// Seconds of one run of the program, and of one proposal.
        package var runSeconds: Double
        package var proposalSeconds: Double

        package init(
            quality: Double, teacherSkill: Double, seed: UInt64 = 1, slots: Int = 32, runSeconds: Double = 1,
            proposalSeconds: Double = 1
        ) {
            self.quality = quality
            self.teacherSkill = teacherSkill
            self.seed = seed
            self.slots = slots
            self.runSeconds = runSeconds
            self.proposalSeconds = proposalSeconds
        }
    }

    /// Runs of one candidate for one purpose.
    package struct Runs: Sendable, Hashable {
        package enum Purpose: Sendable, Hashable { case evaluate, trace, bootstrap }
        package var candidate: String
        package var purpose: Purpose
        package var split: Split

        package init(candidate: String, purpose: Purpose, split: Split) {
            self.candidate = candidate
            self.purpose = purpose
            self.split = split
        }
    }

    /// How many.
    package private(set) var runs: [Runs: Int] = [:]
    package private(set) var runsByStage: [Stage: Int] = [:]
    package private(set) var states: [String: ProgramState] = [:]
    package private(set) var proposals: [ProposalCall] = []
    package private(set) var trainings = 0
    package private(set) var seconds = 0.0
    /// What it takes to try one candidate: all work up to the first of the search.
    package private(set) var firstStep: (runs: [Runs: Int], proposals: Int)?

    package var runCount: Int { runs.values.reduce(0, +) }

    private let facts: StudyFacts
    private let scenario: Scenario
    private var params: [String: JSONObject] = [:]
    private var slots: SlotQueue

    /// - Parameter limit: decisions, after which a plan that does not end is given up.
    package init(_ facts: StudyFacts, _ scenario: Scenario, limit: Int = 100_000) {
        self.facts = facts
        self.scenario = scenario
        slots = SlotQueue(count: scenario.slots)
        states[facts.initial.digest] = facts.initial
        var plan = StudyPlan(facts)
        var decisions: [Decision] = []
        var ends: [Double] = []
        while decisions.count < limit {
            switch plan.next() {
            case .issue(let decision):
                ends.append(book(decision))
                decisions.append(decision)
                if decision.stage == .search, firstStep == nil { firstStep = (runs, proposals.count) }
            case .await(let number):
                seconds = max(seconds, ends[number])
                plan.tell(outcome(of: decisions[number]))
            case .finish: return
            }
        }
    }

    // MARK: Work

    /// - Returns: when the decision's work has ended.
    private mutating func book(_ decision: Decision) -> Double {
        for candidate in decision.candidates { states[candidate.id] = candidate.state }
        for trial in decision.trials { params[trial.candidate] = trial.params }
        switch decision.work {
        case .evaluate(_, let candidate, let split, _, let fresh, _):
            return book(fresh.count, Runs(candidate: candidate, purpose: .evaluate, split: split), decision.stage)
        case .trace(let candidate, let examples, _):
            return book(examples.count, Runs(candidate: candidate, purpose: .trace, split: .train), decision.stage)
        case .bootstrap(let candidate, let examples, _):
            return book(examples.count, Runs(candidate: candidate, purpose: .bootstrap, split: .train), decision.stage)
        case .propose(let calls):
            proposals += calls
            return slots.book(calls.count, of: scenario.proposalSeconds, from: seconds)
        case .finetune:
            trainings += 1
            return seconds
        case .stop: return seconds
        }
    }

    private mutating func book(_ count: Int, _ key: Runs, _ stage: Stage) -> Double {
        runs[key, default: 0] += count
        runsByStage[stage, default: 0] += count
        return slots.book(count, of: scenario.runSeconds, from: seconds)
    }

    // MARK: Outcomes

    private func outcome(of decision: Decision) -> Outcome {
        switch decision.work {
        case .evaluate(_, let candidate, let split, let block, _, _):
            return .evaluated(block.map { .scored(score(candidate, "\(split)", $0)) })
        case .trace(let candidate, let examples, _):
            return .traced(
                examples.map { row in
                    let score = score(candidate, "train", row)
                    let feedback = score < 1 ? "The answer is wrong: another one was expected for this example." : nil
                    return Attempt(outcome: .scored(score), trace: trace(row), feedback: feedback)
                })
        case .bootstrap(_, let examples, let round):
            return .bootstrapped(
                examples.map { row in
                    let isGood = chance("teacher/\(round)", row) < scenario.teacherSkill
                    return Attempt(outcome: .scored(isGood ? 1 : 0), trace: trace(row))
                })
        case .propose(let calls):
            return .proposed(
                calls.map { call in
                    JSONObject(call.signature.outputs.map { ($0.name, .string(Self.paragraph + " (\(call.key))")) })
                })
        case .finetune(let call): return .finetuned(model: "trained:\(call.key)")
        case .stop: return .stopped
        }
    }

    /// Right or wrong: examples differ in difficulty, choices in what they are worth.
    private func score(_ candidate: String, _ split: String, _ row: Int) -> Double {
        // What an optimiser makes is better than what it began with, as a rule: then both are tested.
        let start = candidate == facts.initial.digest ? 0 : 0.05
        let worth = (params[candidate] ?? [:]).reduce(start) { sum, choice in
            choice.value == 0 ? sum : sum + (chance("choice/\(choice.key)/\(choice.value)", 0) - 0.35) * 0.12
        }
        // One draw for the example and one for the two together: most examples are easy for all, or hard.
        let draw = 0.7 * chance("row/\(split)", row) + 0.3 * chance("pair/\(candidate)/\(split)", row)
        return draw < scenario.quality + worth ? 1 : 0
    }

    private func chance(_ purpose: String, _ index: Int) -> Double {
        var generator = KeyedGenerator(seed: scenario.seed, purpose: purpose, index: index)
        return generator.uniform()
    }

    /// Each predictor once, with what the row has of its fields.
    private func trace(_ row: Int) -> [TraceStep] {
        facts.predictors.map { predictor in
            let signature = predictor.signature
            return TraceStep(
                path: predictor.path, inputs: Self.fields(signature.inputs.map(\.name), facts.train[row]),
                outputs: Self.fields(signature.outputs.map(\.name), facts.train[row]))
        }
    }

    /// A row's own values, and a paragraph for what only the program's run would tell.
    package static func fields(_ names: [String], _ row: JSONObject) -> JSONObject {
        JSONObject(names.map { ($0, row[$0] ?? .string(paragraph)) })
    }

    /// About as long as a short chain of thought, or an instruction.
    package static let paragraph =
        "The text asks about one matter in particular. Read it closely, decide what it is about and what is wanted, compare that with what is known, and then give the answer that fits best."
}

/// Slots that take one piece of work after another.
private struct SlotQueue: Sendable {
    /// When each is free; the soonest need not be first.
    private var free: [Double]

    init(count: Int) { free = Array(repeating: 0, count: max(1, count)) }

    /// - Returns: when the last piece has ended.
    mutating func book(_ count: Int, of seconds: Double, from start: Double) -> Double {
        guard count > 0 else { return start }
        var end = start
        free.sort()
        var next = 0
        for _ in 0..<count {
            // Every piece is as long as the others: slots come free in their order.
            if next == free.count { next = 0 }
            free[next] = max(free[next], start) + seconds
            end = max(end, free[next])
            next += 1
        }
        return end
    }
}
