internal import Foundation
internal import JSON
internal import Optimizers
internal import Programs
internal import Store
internal import Studies

/// Drives one study's plan over the store for as long as it holds the lead.
struct StudyLeader: Sendable {
    private let term: Term
    private let store: Store
    private let configuration: CoordinatorConfiguration
    private let log: @Sendable (String) -> Void

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
        let hasEnded = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask { try await keepLead() }
            group.addTask { try await plan() }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
        // Not part of the work: whoever waits for the lead should not wait for it to expire.
        let (store, term) = (store, term)
        await Task { try? await store.resign(term) }.value
        return hasEnded
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
        guard record.planVersion == StudyPlan.version else {
            log("study \(record.id) was planned by version \(record.planVersion), this is \(StudyPlan.version): left to a coordinator of that version")
            try await Task.sleep(for: .seconds(5))
            return true
        }
        var driver = PlanDriver(plan: try await StudyPlans(store: store).plan(of: record))
        let recorded = try await store.decisions(of: term.study)
        if !recorded.isEmpty { log("study \(record.id): resuming after \(recorded.count) decisions") }
        try await store.start(term)
        while true {
            switch driver.next() {
            case .issue(let number, let decision):
                if number < recorded.count {
                    try confirm(recorded[number], is: decision)
                } else {
                    try await decide(number, decision)
                }
            case .await(let number, let decision):
                guard let outcome = try await outcome(of: decision, number: number) else { return true }
                if let message = try await metricFailure(outcome, of: decision) {
                    try await store.finish(term, state: "failed", reason: nil, message: message, result: nil)
                    return true
                }
                driver.tell(outcome)
                try await store.conclude(term, decision: number)
            case .finish(let result):
                try await store.finish(
                    term, state: "finished", reason: result.finishReason.rawValue, message: nil, result: result.json)
                return true
            }
        }
    }

    /// A recorded decision is never made again; the plan must come to the same one.
    private func confirm(_ recorded: DecisionRecord, is decision: Decision) throws {
        guard recorded.key == decision.key, recorded.body == decision.json else {
            throw StoreError(
                .malformed,
                "decision \(recorded.number) is recorded as \(recorded.key), but this coordinator's plan has \(decision.key): is it another build?")
        }
    }

    private func decide(_ number: Int, _ decision: Decision) async throws {
        let record = DecisionRecord(number: number, key: decision.key, stage: decision.stage.rawValue, body: decision.json)
        let isNew = try await store.decide(
            term, record, candidates: decision.candidates.map { ["id": .string($0.id), "state": $0.state.json] },
            trials: decision.trials.map(\.json), units: decision.units)
        if !isNew { throw StoreError(.notLeader, "decision \(number) was made by another coordinator") }
    }

    /// Waits for a decision's outcome; nil when the study has ended meanwhile.
    private func outcome(of decision: Decision, number: Int) async throws -> Outcome? {
        let reader = OutcomeReader(store: store, study: term.study)
        while true {
            let seen = await store.database.notices(on: Store.planChannel)
            if let outcome = try await reader.outcome(of: decision, number: number) { return outcome }
            guard let record = try await store.state(of: term.study), !record.isEnded else { return nil }
            await store.database.waitForNotice(on: Store.planChannel, beyond: seen, atMost: configuration.pollCeiling)
            try Task.checkCancellation()
        }
    }

    /// Why the study can't go on, when the metric fails on most examples: a broken metric says nothing of a candidate.
    private func metricFailure(_ outcome: Outcome, of decision: Decision) async throws -> String? {
        let outcomes: [ExampleOutcome] =
            switch outcome {
            case .evaluated(let outcomes): outcomes
            case .bootstrapped(let attempts): attempts.map(\.outcome)
            case .proposed: []
            }
        let failed = outcomes.count { $0 == .metricError }
        guard failed >= 3, failed * 2 > outcomes.count else { return nil }
        let sample = try await store.metricError(study: term.study) ?? "no message"
        return "the metric failed on \(failed) of \(outcomes.count) examples of \(decision.key): \(sample)"
    }
}
