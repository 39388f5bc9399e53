internal import Foundation
internal import JSON
internal import Optimizers
internal import Programs
internal import Store
internal import Studies

/// Drives one study's plan over the store for as long as it holds the lead.
struct StudyLeader: Sendable {
    let term: Term
    let store: Store
    let configuration: CoordinatorConfiguration
    let log: @Sendable (String) -> Void

    /// nil while another coordinator holds the lead.
    init?(
        study: Int, store: Store, configuration: CoordinatorConfiguration, log: @escaping @Sendable (String) -> Void
    ) async throws {
        guard let term = try await store.lead(study: study, holder: UUID(), ttl: configuration.termTTL) else { return nil }
        self.term = term
        self.store = store
        self.configuration = configuration
        self.log = log
    }

    /// Plans until the study has ended (true), or until the lead is lost (an error).
    func run() async throws -> Bool {
        do {
            let hasEnded = try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask { try await keepLead() }
                group.addTask { try await plan() }
                defer { group.cancelAll() }
                return try await group.next() ?? false
            }
            await resign()
            return hasEnded
        } catch {
            // After an error the lead is left to expire, which keeps this process from trying again at once.
            if Task.isCancelled { await resign() }
            throw error
        }
    }

    /// Whoever waits for the lead should not wait for it to expire.
    private func resign() async {
        let term = term
        await store.atLast { store throws(StoreError) in try await store.resign(term) }
    }

    /// Renews the lead; ends with an error when another has taken it.
    private func keepLead() async throws -> Bool {
        while true {
            try await Task.sleep(for: configuration.termTTL / 3)
            let renewed = try await store.lead(study: term.study, holder: term.holder, ttl: configuration.termTTL)
            guard renewed == term else { throw StoreError(.notLeader, "the lead of study \(term.study) was lost") }
        }
    }

    private func plan() async throws -> Bool {
        guard let record = try await store.study(number: term.study), !record.isEnded else { return true }
        let study = try Study(json: record.spec)
        let plan = try await StudyPlans(store: store, term: term).plan(of: record, study)
        let recorded = try await store.decisions(of: term.study)
        if !recorded.isEmpty { log("study \(record.id): resuming after \(recorded.count) decisions") }
        try await store.start(term)
        let stop = try recorded.lazy.compactMap { try $0.stop }.first
        var driver = PlanDriver(plan: plan, recordedStop: stop)
        var budget = BudgetKeeper(
            watch: BudgetWatch(study, number: term.study, store: store), isOver: stop != nil)
        var beliefs = BeliefWriter(store: store, term: term)
        var metric = MetricWatch()
        while true {
            switch try await next(&driver, &budget, recorded: recorded.count) {
            case .issue(let number, let decision):
                if number < recorded.count {
                    try confirm(recorded[number], is: decision)
                } else {
                    try await decide(number, decision)
                }
            case .await(let number, let decision):
                guard let outcome = try await outcome(of: decision, number: number) else { return true }
                if let failure = metric.look(at: outcome, of: decision) {
                    let sample = try await store.metricError(study: term.study) ?? "no message"
                    let message = "the metric failed on \(failure.failed) of \(failure.all) examples of \(decision.key): \(sample)"
                    try await store.finish(term, state: "failed", reason: nil, message: message, result: nil)
                    return true
                }
                driver.tell(outcome)
                budget.watch.tell(decision, isLive: number >= recorded.count)
                try await store.conclude(term, decision: number)
                if driver.issued >= recorded.count { try await beliefs.write(of: driver) }
            case .finish(let result):
                try await beliefs.write(of: driver, isLast: true)
                let slots: JSON = [
                    "width": driver.width.map(JSON.int) ?? .null, "available": .int(try await store.slots(of: term.study)),
                ]
                try await store.finish(
                    term, state: "finished", reason: result.finishReason.rawValue, message: nil,
                    result: .object((result.json.objectValue ?? [:]).merging(["slots": slots])))
                return true
            }
        }
    }

    /// A recorded decision is never made again; the plan must come to the same one.
    private func confirm(_ recorded: DecisionRecord, is decision: Decision) throws {
        guard recorded.key == decision.key, recorded.body == decision.json else {
            throw StoreError(
                .malformed,
                """
                decision \(recorded.number) is recorded as \(recorded.key), but this coordinator's plan has \(decision.key): \
                is it another build?
                """)
        }
    }

    private func decide(_ number: Int, _ decision: Decision) async throws {
        let record = DecisionRecord(number: number, key: decision.key, stage: decision.stage.rawValue, body: decision.json)
        let isNew = try await store.decide(
            term, record, candidates: decision.candidates.map { ["id": .string($0.id), "state": $0.state.json] },
            trials: decision.trials.map(\.json), units: decision.units)
        // Under this term only this plan decides: the answer to the same call was lost with a connection, and it was repeated.
        guard !isNew else { return CoordinatorMetrics.decided(decision.stage.rawValue) }
        let recorded = try await store.decisions(of: term.study)
        guard number < recorded.count else { throw StoreError(.malformed, "decision \(number) is refused, but not recorded") }
        try confirm(recorded[number], is: decision)
    }

    /// Waits for a decision's outcome; nil when the study has ended meanwhile.
    func outcome(of decision: Decision, number: Int) async throws -> Outcome? {
        let reader = OutcomeReader(store: store, study: term.study)
        while true {
            let seen = await store.database.notices(on: Store.planChannel)
            if let outcome = try await reader.outcome(of: decision, number: number) { return outcome }
            guard let record = try await store.state(of: term.study), !record.isEnded else { return nil }
            // It was paused before it had begun, and is resumed.
            if record.state == "queued" { try await store.start(term) }
            await store.database.waitForNotice(on: Store.planChannel, beyond: seen, atMost: configuration.pollCeiling)
            try Task.checkCancellation()
        }
    }
}
