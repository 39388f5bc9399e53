internal import Evaluation
internal import Foundation
internal import JSON
internal import Programs
internal import Store

/// Getting work.
extension Worker {
    /// Results that may wait for a database that is away, before no more is started.
    private var backlogLimit: Int { 1000 + 20 * configuration.concurrency }

    func keepLeasing() async {
        var backoff = Backoff(base: .milliseconds(50), ceiling: configuration.pollCeiling)
        while !Task.isCancelled, !isStopping {
            let wanted = results.count < backlogLimit ? queue.wanted(leaseAhead: configuration.leaseAhead / .seconds(1)) : 0
            guard wanted > 0 else {
                await leases.wait(atMost: configuration.pollCeiling)
                continue
            }
            let session = session
            do throws(StoreError) {
                let start = ContinuousClock.now
                let units = try await store.lease(
                    session: session, examples: wanted, study: configuration.study, ttl: configuration.unitTTL)
                WorkerMetrics.leased(units.count, in: .now - start)
                if units.isEmpty {
                    await leases.wait(atMost: backoff.next())
                } else {
                    backoff.reset()
                    await take(units)
                }
            } catch {
                await recover(from: error, of: session, while: "leasing")
            }
        }
    }

    /// New work is announced: look at once instead of at the next poll.
    func keepListening() async {
        while !Task.isCancelled {
            let seen = await store.database.notices(on: Store.workChannel)
            await store.database.waitForNotice(on: Store.workChannel, beyond: seen, atMost: .seconds(60))
            leases.set()
        }
    }

    /// Reads what the units need and queues their items.
    private func take(_ units: [LeasedUnit]) async {
        for unit in units {
            do {
                let items = try await items(of: unit)
                if let runtime = items.first?.runtime { endpoints[unit.study] = runtime.endpoints }
                queue.add(unit: unit, items: items)
                // Its results are all there, only the closing was lost: an empty report closes it.
                if items.isEmpty { await close(unit) }
            } catch let unusable as StudyShelf.Unusable {
                await refuse(study: unit.study, unusable.message)
            } catch {
                log("reading what unit \(unit.key) needs failed: \(error)")
                _ = try? await store.fail(
                    session: session, unit: unit.id, attempt: unit.attempt, error: "\(error)", delay: .seconds(1))
            }
        }
        showState()
        slots.set()
    }

    private func items(of unit: LeasedUnit) async throws -> [WorkItem] {
        let runtime = try await shelf.runtime(of: unit.study)
        let studyID = try await shelf.id(of: unit.study)
        func item(_ job: WorkItem.Job) -> WorkItem {
            WorkItem(unit: unit.id, identity: unit.identity(study: studyID), study: unit.study, runtime: runtime, job: job)
        }
        if let call = unit.payload?["finetune"] {
            return [item(.finetuning(call, key: "\(studyID)/\(unit.key)", attempt: unit.attempt))]
        }
        if let payload = unit.payload { return [item(.proposal(payload))] }
        guard let candidate = unit.candidate, let split = unit.split else { return [] }
        let state = try await shelf.state(study: unit.study, candidate: candidate)
        let rows = try await shelf.rows(study: unit.study, split: split, numbers: unit.examples)
        let purpose: ExampleTask.Purpose =
            switch unit.kind {
            case .bootstrap: .bootstrap(round: unit.rollout)
            case .trace: .trace(rollout: unit.rollout)
            case .evaluate, .propose: .evaluation(rollout: unit.rollout)
            }
        return try unit.examples.map { number in
            guard let row = rows[number] else {
                throw StoreError(.malformed, "study \(unit.study) has no row \(number) in \(split)")
            }
            let task = ExampleTask(purpose: purpose, candidate: candidate, split: split, number: number, row: row)
            return item(.example(task, state))
        }
    }

    private func close(_ unit: LeasedUnit) async {
        do throws(StoreError) { try await store.close(units: [unit.id]) } catch {
            await recover(from: error, while: "closing unit \(unit.key)")
        }
    }

    /// The study cannot be served from here: by a bad key, an unknown model, a program that is not registered.
    func refuse(study: Int, _ message: String) async {
        queue.drop(study: study)
        showState()
        await shelf.forget(study)
        log("study \(study) is refused here: \(message)")
        do throws(StoreError) { try await store.refuse(session: session, study: study, message: message) } catch {
            await recover(from: error, while: "refusing study \(study)")
        }
    }
}
