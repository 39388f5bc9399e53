internal import Foundation
internal import Optimizers
package import Store

/// Plans every study that it can lead, and keeps the queue clean. It makes no LM call and needs no API key.
///
/// Several may run: each study is led by one of them at a time, another takes over when it dies.
package struct Coordinator: Sendable {
    private let store: Store
    private let configuration: CoordinatorConfiguration
    private let log: @Sendable (String) -> Void

    package init(store: Store, configuration: CoordinatorConfiguration, log: @escaping @Sendable (String) -> Void) {
        self.store = store
        self.configuration = configuration
        self.log = log
    }

    /// Leads until the task is cancelled or, when it serves one study only, until that has ended.
    ///
    /// - Throws: why that one study can't be led by this build; of several, the others are led on.
    package func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await careForever() }
            if let study = configuration.study {
                try await lead(study)
                group.cancelAll()
            } else {
                await leadAll(in: &group)
            }
        }
    }

    /// Looks again and again for studies without a leader.
    private func leadAll(in group: inout ThrowingDiscardingTaskGroup<any Error>) async {
        let led = LedStudies()
        while !Task.isCancelled {
            let seen = await store.database.notices(on: Store.planChannel)
            do throws(StoreError) {
                // A holder of its own per look: a study that this process leads already is led, not ours to take again.
                for study in try await store.studiesToLead(holder: UUID()) where await led.begin(study) {
                    group.addTask {
                        do { _ = try await attempt(study) } catch {
                            log("study \(study): \(error)")
                            try? await Task.sleep(for: .seconds(30))
                        }
                        await led.end(study)
                    }
                }
            } catch {
                if !Task.isCancelled { log("looking for studies failed: \(error)") }
            }
            await store.database.waitForNotice(on: Store.planChannel, beyond: seen, atMost: .seconds(1))
        }
    }

    /// Leads one study to its end, waiting for the lead as long as another holds it.
    private func lead(_ study: Int) async throws {
        while !Task.isCancelled {
            if try await attempt(study) { return }
            try? await Task.sleep(for: .milliseconds(500))
        }
    }

    /// True when the study has ended; false when the lead was lost or is another's.
    ///
    /// - Throws: what no later attempt can mend.
    private func attempt(_ study: Int) async throws -> Bool {
        do {
            guard let record = try await store.study(number: study), !record.isEnded else { return true }
            guard record.planVersion == StudyPlan.version else {
                throw StoreError(
                    .malformed,
                    "it was planned by version \(record.planVersion), this is \(StudyPlan.version): use a nightshift of that version"
                )
            }
            let leader = try await StudyLeader(study: study, store: store, configuration: configuration, log: log)
            return try await leader?.run() ?? false
        } catch let error as StoreError where error.code == .notLeader {
            log("study \(study): another coordinator leads it now")
            return false
        } catch {
            guard !Task.isCancelled else { return false }
            guard let error = error as? StoreError, error.code != .malformed else { throw error }
            log("study \(study): \(error)")
            return false
        }
    }

    private func careForever() async {
        while !Task.isCancelled {
            do throws(StoreError) {
                let forgiven = try await store.forgiveOutage(
                    gap: configuration.outageGap, grace: configuration.outageGrace)
                if forgiven > 0 { log("the database was away: \(forgiven) workers have time to come back") }
                let lost = try await store.reap()
                if lost > 0 {
                    CoordinatorMetrics.reaped(lost)
                    log("\(lost) units of dead workers are ready again")
                }
                try await store.foldTallies()
            } catch {
                guard !Task.isCancelled else { return }
                CoordinatorMetrics.failed()
                log("care for the queue failed: \(error)")
            }
            try? await Task.sleep(for: configuration.reapInterval)
        }
    }
}

/// The studies that this process leads, or is about to.
private actor LedStudies {
    private var studies: Set<Int> = []

    func begin(_ study: Int) -> Bool { studies.insert(study).inserted }
    func end(_ study: Int) { studies.remove(study) }
}
