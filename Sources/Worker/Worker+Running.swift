internal import Evaluation
internal import JSON
internal import Programs
internal import Store

/// Running items and reporting them.
extension Worker {
    /// Results in one call: after an outage there may be thousands.
    private static let reportLimit = 500

    /// Runs one item outside the actor, then books its end.
    nonisolated func perform(_ item: WorkItem) async {
        let (meter, start) = (WaitMeter(), ContinuousClock.now)
        let booking: (Took) -> Booking
        switch item.job {
        case .example(let task, let state):
            let judgement = await meter.during { await item.runtime.run(task, state: state) }
            booking = { Self.booking(judgement, of: task, item, $0) }
        case .proposal(let payload):
            let outcome = await meter.during { await item.runtime.propose(payload) }
            booking = { Self.booking(outcome, item, $0) }
        case .finetuning(let call, let key, let attempt):
            let outcome = await meter.during { await item.runtime.finetune(call, key: key) }
            booking = { Self.booking(outcome, item, attempt: attempt, $0) }
        }
        let took = Took(total: .now - start, waited: meter.waited)
        await book(item, booking(took), took)
    }

    /// How long an item had its slot, and for how much of that its calls only waited.
    private struct Took {
        var total: Duration
        var waited: Duration

        var waitedMilliseconds: Int { Int(waited / .milliseconds(1)) }
        var latencyMilliseconds: Int { max(0, Int(total / .milliseconds(1)) - waitedMilliseconds) }
    }

    /// What an ended item leaves behind.
    private enum Booking {
        case result(UnitResult)
        /// The unit waits for something outside.
        case postponement(attempt: Int, Duration)
        case failure(UnitFailure)
        case refusal(String)
    }

    private static func booking(_ judgement: Judgement, of task: ExampleTask, _ item: WorkItem, _ took: Took) -> Booking {
        switch judgement {
        case .judged(let outcome, let detail, let usage):
            let (kind, score): (UnitResult.Outcome, Double?) =
                switch outcome {
                case .scored(let score): (.scored, score)
                case .programError(let score): (.programError, score)
                case .metricError: (.metricError, nil)
                }
            return .result(
                UnitResult(
                    unit: item.unit, identity: item.identity, content: .example(task.number, kind, score: score, detail: detail),
                    usage: usage.json, latencyMilliseconds: took.latencyMilliseconds,
                    waitedMilliseconds: took.waitedMilliseconds))
        case .failed(let message): return .failure(UnitFailure(message))
        case .unpaid(let message): return .failure(UnitFailure(message, isByBudget: true))
        case .refused(let message): return .refusal(message)
        }
    }

    private static func booking(_ outcome: StudyRuntime.ProposalOutcome, _ item: WorkItem, _ took: Took) -> Booking {
        func result(outputs: JSON?, error: String?, _ usage: UsageByRole) -> Booking {
            .result(
                UnitResult(
                    unit: item.unit, identity: item.identity, content: .proposal(outputs: outputs, error: error),
                    usage: usage.json, latencyMilliseconds: took.latencyMilliseconds,
                    waitedMilliseconds: took.waitedMilliseconds))
        }
        return switch outcome {
        case .answered(let outputs, let usage): result(outputs: .object(outputs), error: nil, usage)
        case .unusable(let message, let usage): result(outputs: nil, error: message, usage)
        case .failed(let message): .failure(UnitFailure(message))
        case .unpaid(let message): .failure(UnitFailure(message, isByBudget: true))
        case .refused(let message): .refusal(message)
        }
    }

    private static func booking(
        _ outcome: StudyRuntime.FinetuningOutcome, _ item: WorkItem, attempt: Int, _ took: Took
    ) -> Booking {
        func result(outputs: JSON?, error: String?) -> Booking {
            .result(
                UnitResult(
                    unit: item.unit, identity: item.identity, content: .proposal(outputs: outputs, error: error), usage: [:],
                    latencyMilliseconds: took.latencyMilliseconds, waitedMilliseconds: took.waitedMilliseconds))
        }
        return switch outcome {
        case .ended(.success(let outputs)): result(outputs: .object(outputs), error: nil)
        case .ended(.failure(let failure)): result(outputs: nil, error: failure.message)
        case .running(let delay): .postponement(attempt: attempt, delay)
        case .failed(let message): .failure(UnitFailure(message))
        case .refused(let message): .refusal(message)
        }
    }

    private func book(_ item: WorkItem, _ booking: Booking, _ took: Took) async {
        var failure: UnitFailure?
        switch booking {
        case .result(let result):
            if results.isEmpty { reports.set() }
            results.append(result)
            WorkerMetrics.ended(result)
        case .postponement(let attempt, let delay):
            postponements.append((item.unit, attempt, delay))
            reports.set()
        case .failure(let why):
            failure = why
            WorkerMetrics.failed(why.isByBudget ? "budget" : "infrastructure")
            // A resumed study may have got other addresses: the next attempt reads them anew.
            await shelf.forget(item.study)
        case .refusal(let message):
            WorkerMetrics.failed("refused")
            // Many items in flight may be refused at once: say it once.
            if queue.holds(item.unit) { await refuse(study: item.study, message) }
        }
        if case .failed(let unit, let attempt, let why) = queue.finish(
            unit: item.unit, failure: failure, seconds: took.total / .seconds(1))
        {
            failures.append((unit, attempt, why))
            reports.set()
        }
        showState()
        slots.set()
        if queue.isIdle { rests.set() }
        if queue.wanted(leaseAhead: configuration.leaseAhead / .seconds(1)) > 0 { leases.set() }
    }

    func keepReporting() async {
        while !Task.isCancelled {
            await reports.wait(atMost: .seconds(1))
            // Where nothing runs, no company is to be expected, and whoever plans waits for these. That nothing ran a while ago
            // says nothing.
            rests.reset()
            if !queue.isIdle { await rests.wait(atMost: configuration.reportInterval) }
            guard !Task.isCancelled else { return }
            await flush()
        }
    }

    /// Reports all that has ended. What the database does not take stays and is reported later.
    func flush() async {
        let failed = failures
        let postponed = postponements
        guard !results.isEmpty || !failed.isEmpty || !postponed.isEmpty else { return }
        defer { showState() }
        failures = []
        postponements = []
        while !results.isEmpty {
            let batch = results.take(atMost: Self.reportLimit)
            do throws(StoreError) {
                try await report(batch)
            } catch {
                results.putBack(batch)
                failures = failed + failures
                postponements = postponed + postponements
                await recover(from: error, while: "reporting \(batch.count) results")
                reports.set()
                return
            }
        }
        for (unit, attempt, delay) in postponed {
            do throws(StoreError) {
                try await store.postpone(session: session, unit: unit, attempt: attempt, delay: delay)
            } catch {
                await recover(from: error, while: "postponing unit \(unit)")
            }
        }
        for (unit, attempt, failure) in failed {
            log("unit \(unit) failed: \(failure.message)")
            do throws(StoreError) {
                try await store.fail(
                    session: session, unit: unit, attempt: attempt, error: failure.message, delay: .seconds(1),
                    isByBudget: failure.isByBudget)
            } catch {
                await recover(from: error, while: "handing back unit \(unit)")
            }
        }
    }
}

extension Worker {
    /// One result that can't be stored must not keep the others from it.
    private func report(_ batch: [UnitResult]) async throws(StoreError) {
        do throws(StoreError) {
            let start = ContinuousClock.now
            let verdicts = try await store.report(session: session, batch)
            WorkerMetrics.reported(in: .now - start)
            queue.drop(units: verdicts.filter { $0.value != .open }.map(\.key))
            if verdicts.values.contains(.foreign) {
                log("results were refused: the database was restored, and their units are others now")
                await shelf.forgetAll()
            }
        } catch {
            guard error.code == .invalidData else { throw error }
            guard batch.count == 1 else {
                for half in [batch[..<(batch.count / 2)], batch[(batch.count / 2)...]] { try await report(Array(half)) }
                return
            }
            log("a result of unit \(batch[0].unit) can't be stored: \(error)")
            _ = try await store.report(session: session, [batch[0].unstorable(error.message)])
        }
    }
}
