package import JSON
package import Optimizers
internal import ProgramMetrics
package import Programs
package import Studies

/// What a study is likely to take before it is begun: calls and tokens by role, and time. Nothing is called and nothing written.
///
/// The work follows from the plan (``PlanForecast``), the size of prompts from the program's own prompts with rows of the data.
package struct CostForecast: Sendable {
    /// Of one role.
    package struct Usage: Sendable, Hashable {
        package var calls = 0.0
        package var promptTokens = 0.0
        package var completionTokens = 0.0

        package init(calls: Double = 0, promptTokens: Double = 0, completionTokens: Double = 0) {
            self.calls = calls
            self.promptTokens = promptTokens
            self.completionTokens = completionTokens
        }

        static func += (sum: inout Usage, other: Usage) {
            sum.calls += other.calls
            sum.promptTokens += other.promptTokens
            sum.completionTokens += other.completionTokens
        }

        package func times(_ factor: Double) -> Usage {
            Usage(calls: calls * factor, promptTokens: promptTokens * factor, completionTokens: completionTokens * factor)
        }
    }

    package private(set) var usage: [Role: Usage] = [:]
    /// Baseline, all that the first candidate needs, its confirmation, test.
    package private(set) var least: [Role: Usage] = [:]
    /// The longest prompt among the calls of ``least``, in bytes, by role.
    package private(set) var longest: [Role: Double] = [:]
    package private(set) var seconds: Double
    package private(set) var trainings: Int

    private let study: Study
    private let samples: [JSONObject]
    private let asksJudge: Bool

    /// Rows that stand for all in the size of prompts.
    private static let sampleCount = 12
    private static let bytesPerToken = 4.0
    /// What providers add to a message.
    private static let tokensPerMessage = 4.0

    /// - Parameters:
    ///   - rows: of the study's splits.
    ///   - callSeconds: of one call.
    package init(
        _ study: Study, rows: [Split: [JSONObject]], quality: Double, teacherSkill: Double, slots: Int, callSeconds: Double
    ) {
        self.study = study
        let val = rows[.val] ?? []
        samples = stride(from: 0, to: val.count, by: max(1, val.count / Self.sampleCount)).map { val[$0] }
        asksJudge = study.metric.map { requiredRoles(section: $0).contains(.judge) } ?? false
        let facts = study.facts(train: rows[.train] ?? [])
        let callsPerRun = Double(max(1, study.program.predictors.count) + (asksJudge ? 1 : 0))
        let plan = PlanForecast(
            facts,
            .init(
                quality: quality, teacherSkill: teacherSkill, seed: study.seed, slots: slots,
                runSeconds: callSeconds * callsPerRun,
                proposalSeconds: callSeconds))
        seconds = plan.seconds
        trainings = plan.trainings
        add(plan.runs, plan, to: \.usage)
        add(plan.proposals[...], to: \.usage)
        addLeast(plan, initial: facts.initial.digest, val: facts.valCount, test: facts.testCount)
    }

    /// The first candidate with all that comes before it, and with what ends the study after it; never more than all.
    private mutating func addLeast(_ plan: PlanForecast, initial: String, val: Int, test: Int) {
        var runs = plan.firstStep?.runs ?? [:]
        // Where a candidate follows from the baseline's own runs, another of its size stands for it.
        let winner = runs.keys.filter { $0.candidate != initial && $0.purpose == .evaluate }.map(\.candidate).min()
        for (split, count) in [(Split.val, val), (.test, test)] {
            runs[.init(candidate: initial, purpose: .evaluate, split: split)] = winner == nil ? 2 * count : count
            if let winner { runs[.init(candidate: winner, purpose: .evaluate, split: split)] = count }
        }
        add(runs, plan, to: \.least)
        add(plan.proposals.prefix(plan.firstStep?.proposals ?? 0), to: \.least)
        for (role, used) in least { least[role] = (usage[role]?.calls ?? 0) < used.calls ? usage[role] : used }
    }

    private mutating func add(
        _ runs: [PlanForecast.Runs: Int], _ plan: PlanForecast, to part: WritableKeyPath<CostForecast, [Role: Usage]>
    ) {
        var sizes: [String: (program: Usage, judge: Usage)] = [:]
        for (key, count) in runs where count > 0 {
            guard let state = plan.states[key.candidate] else { continue }
            let size = sizes[key.candidate] ?? size(of: state)
            sizes[key.candidate] = size
            let role: Role = key.purpose == .bootstrap ? .teacher : .task
            self[keyPath: part][role, default: Usage()] += size.program.times(Double(count))
            if asksJudge { self[keyPath: part][.judge, default: Usage()] += size.judge.times(Double(count)) }
            guard part == \.least else { continue }
            noteLength(size.program, of: role)
            if asksJudge { noteLength(size.judge, of: .judge) }
        }
    }

    /// - Parameter usage: of one call, or of some that are about as long as each other.
    private mutating func noteLength(_ usage: Usage, of role: Role) {
        guard usage.calls > 0 else { return }
        longest[role] = max(longest[role] ?? 0, usage.promptTokens / usage.calls * Self.bytesPerToken)
    }

    /// Of one run, the mean over sample rows: each predictor is asked once, by each member of an ensemble.
    private func size(of state: ProgramState) -> (program: Usage, judge: Usage) {
        var (program, judge) = (Usage(), Usage())
        let share = 1 / Double(max(1, samples.count))
        for row in samples {
            for member in state.members {
                for predictor in study.program.predictors {
                    program += size(of: predictor, member[predictor.path], row).times(share)
                }
            }
            let bytes = row.reduce(0) { $0 + $1.key.utf8.count + ($1.value.stringValue?.utf8.count ?? 8) }
            judge += Usage(calls: 1, promptTokens: 300 + Double(bytes) / 2, completionTokens: 60).times(share)
        }
        return (program, judge)
    }

    private func size(of predictor: PredictorDescription, _ state: PredictorState?, _ row: JSONObject) -> Usage {
        let inputs = PlanForecast.fields(predictor.signature.inputs.map(\.name), row)
        let outputs = PlanForecast.fields(predictor.signature.outputs.map(\.name), row)
        let messages = (try? predictor.messages(state, inputs: inputs)) ?? []
        return Usage(calls: 1, promptTokens: tokens(messages), completionTokens: Self.tokens(outputs))
    }

    private mutating func add(_ calls: ArraySlice<ProposalCall>, to part: WritableKeyPath<CostForecast, [Role: Usage]>) {
        for call in calls {
            let proposer = PredictorDescription(path: "proposer", signature: call.signature, module: "Predict")
            let messages = (try? proposer.messages(nil, inputs: call.inputs)) ?? []
            let outputs = PlanForecast.fields(call.signature.outputs.map(\.name), [:])
            let usage = Usage(calls: 1, promptTokens: tokens(messages), completionTokens: Self.tokens(outputs))
            self[keyPath: part][.prompt, default: Usage()] += usage
            if part == \.least { noteLength(usage, of: .prompt) }
        }
    }

    private func tokens(_ messages: [ChatMessage]) -> Double {
        messages.reduce(0) { $0 + Double($1.content.utf8.count) / Self.bytesPerToken + Self.tokensPerMessage }
    }

    /// An answer's: every field under its heading, and the mark of the end.
    private static func tokens(_ fields: JSONObject) -> Double {
        let bytes = fields.reduce(22) { $0 + $1.key.utf8.count + 14 + ($1.value.stringValue ?? $1.value.serialized()).utf8.count }
        return Double(bytes) / bytesPerToken
    }
}
