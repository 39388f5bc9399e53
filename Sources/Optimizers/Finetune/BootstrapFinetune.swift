internal import JSON
internal import Programs
internal import Randomness

/// DSPy's BootstrapFinetune: runs the program on the training rows, has models trained on what went well, and lets the program
/// ask those.
///
/// DSPy tells the calls of predictors apart by their place in a trace; here it is by their paths, so that a predictor that is
/// called twice, or not at all, is trained on its own calls.
struct BootstrapFinetune: SearchStrategy {
    private struct Job: Sendable {
        var decision: Int
        var paths: [String]
        /// Of the trained model; nil before the job has ended, and where it failed.
        var model: String?
        /// Why it failed, as the provider says.
        var reason: String?
    }

    private enum Phase: Sendable {
        case running
        case bootstrapping(Int)
        /// With the jobs still to be issued: their keys, the predictors they are for, and their chats.
        case training([(key: String, model: String?, paths: [String], rows: [JSON])])
        case evaluating
        case ended
    }

    let rows: [Int]
    let baselineParams: JSONObject = [:]
    private(set) var notes: [String] = []
    private let facts: StudyFacts
    private let settings: BootstrapFinetuneSettings
    private var phase = Phase.running
    private var chats: TrainingChats
    private var jobs: [Job] = []

    init(facts: StudyFacts, settings: BootstrapFinetuneSettings) {
        self.facts = facts
        self.settings = settings
        rows = Array(0..<facts.valCount)
        chats = TrainingChats(facts: facts, excludeDemos: settings.excludeDemos, threshold: settings.metricThreshold)
    }

    mutating func next(_ record: inout PlanRecord) -> StrategyStep {
        while true {
            switch phase {
            case .running:
                let decision = record.bootstrap(facts.initial, examples: Array(facts.train.indices), round: 0, wave: 0)
                phase = .bootstrapping(record.lastDecision)
                return .issue(decision)
            case .bootstrapping(let decision):
                guard record.isTold(decision) else { return .await(decision) }
                phase = .training(orders())
            case .training(var orders):
                if !orders.isEmpty {
                    let order = orders.removeFirst()
                    phase = .training(orders)
                    let call = FinetuneCall(
                        key: order.key, model: order.model, rows: order.rows, settings: settings.trainKwargs)
                    let decision = record.finetune(call)
                    jobs.append(Job(decision: record.lastDecision, paths: order.paths))
                    return .issue(decision)
                }
                if let pending = jobs.first(where: { !record.isTold($0.decision) }) { return .await(pending.decision) }
                phase = .evaluating
            case .evaluating:
                phase = .ended
                if let decision = evaluation(&record) { return .issue(decision) }
            case .ended:
                if let pending = record.oldestPending(of: [.search]) { return .await(pending) }
                return .done(.trials)
            }
        }
    }

    mutating func tell(_ outcome: Outcome, of decision: Int) {
        switch outcome {
        case .bootstrapped(let attempts):
            for (row, attempt) in attempts.enumerated() { chats.add(attempt, row: row) }
        case .finetuned(let model, let reason):
            guard let position = jobs.firstIndex(where: { $0.decision == decision }) else { return }
            jobs[position].model = model
            jobs[position].reason = reason
        case .evaluated, .traced, .proposed, .stopped: break
        }
    }

    /// What is to be trained: one model for all predictors that ask the same one now, or one for each of them.
    private mutating func orders() -> [(key: String, model: String?, paths: [String], rows: [JSON])] {
        let paths = facts.initial.paths
        var orders: [(key: String, model: String?, paths: [String], rows: [JSON])] = []
        if settings.multitask {
            var groups: [(model: String?, paths: [String])] = []
            for path in paths {
                let model = facts.initial[path]?.model
                if let position = groups.firstIndex(where: { $0.model == model }) {
                    groups[position].paths.append(path)
                } else {
                    groups.append((model, [path]))
                }
            }
            orders = groups.enumerated().map { ("all\($0.offset)", $0.element.model, $0.element.paths, chats.chats(of: paths)) }
        } else {
            orders = paths.map { ($0, facts.initial[$0]?.model, [$0], chats.chats(of: [$0])) }
        }
        orders.removeAll { $0.rows.isEmpty }
        if orders.isEmpty { notes.append("No model was trained: no run on a training row was good enough to learn from.") }
        for position in orders.indices {
            var generator = KeyedGenerator(seed: facts.seed, purpose: "finetune/order", index: position)
            orders[position].rows = generator.shuffled(orders[position].rows)
        }
        return orders
    }

    /// Of the program with its tuned models, where all jobs gave one.
    private mutating func evaluation(_ record: inout PlanRecord) -> Decision? {
        guard !jobs.isEmpty else { return nil }
        var state = facts.initial
        var params = JSONObject()
        for job in jobs {
            guard let model = job.model else {
                let reason = job.reason.map { ": \($0)" } ?? "."
                notes.append("The training of a model for \(job.paths.joined(separator: ", ")) failed\(reason)")
                return nil
            }
            for path in job.paths {
                state[path]?.model = model
                // Not its name, which is another one wherever the same study is run again.
                params["\(path).model"] = "tuned"
            }
        }
        if settings.excludeDemos { state = state.replacingDemos { _ in [] } }
        let number = record.trial(of: state, params: params, provenance: "tuned on \(chats.runs) runs")
        let fresh = record.trials[number].unplanned(of: .val, in: rows)
        return fresh.isEmpty ? nil : record.search(number, block: fresh)
    }
}
