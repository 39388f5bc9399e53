import Foundation
import Testing

struct LeaseProtocolTests {
    /// Interleavings of about twenty steps each, as two halves that run side by side.
    @Test(arguments: [0, 1])
    func theMachineKeepsThePromisesOfAQueue(half: Int) {
        let count = 50_000
        var (leases, overtakings) = (0, 0)
        for index in half * count..<(half + 1) * count {
            var machine = LeaseMachine()
            let run = LeaseRun(index)
            func take(_ step: LeaseStep) -> LeaseAnswer {
                let answer = machine.take(step)
                run.note(step, answer)
                if case .granted(let grants) = answer { leases += grants.count }
                return answer
            }
            _ = take(run.crowd.decision())
            if index.isMultiple(of: 4) { for step in run.crowd.badNight() { _ = take(step) } }
            for _ in 0..<14 { _ = take(run.crowd.step()) }
            run.ledger.close(results: machine.results, open: machine.openExamples)
            _ = take(.resume)
            finish(run, take)
            overtakings += machine.overtakings
            run.ledger.close(results: machine.results, open: machine.openExamples)
            if machine.results.count != run.ledger.planned.count || !run.ledger.problems.isEmpty {
                Issue.record("interleaving \(index): \(machine.results.count) results: \(run.ledger.problems)")
                return
            }
        }
        #expect(leases > 2 * count && overtakings > 0, "\(leases) leases, \(overtakings) overtakings")
    }

    /// A machine that lets anybody fail a unit does not pass for one that fences: the ledger sees the difference.
    @Test func theLedgerSeesABrokenFence() {
        var ledger = LeaseLedger()
        let grant = Grant(unit: 0, attempt: 1, examples: [0], isSuspect: false)
        ledger.note(.decide([Planned(priority: 0, examples: [0])]), .done)
        ledger.note(.lease(0, examples: 1), .granted([grant]))
        ledger.note(.fail(1, grant), .text("delayed"))
        #expect(ledger.problems == ["1 failed unit 0, which it did not hold"])
    }

    @Test func theLedgerSeesWhatIsLostOrCountedTwice() {
        var ledger = LeaseLedger()
        let grant = Grant(unit: 0, attempt: 1, examples: [0, 1], isSuspect: false)
        ledger.note(.decide([Planned(priority: 0, examples: [0, 1])]), .done)
        ledger.note(.lease(0, examples: 2), .granted([grant]))
        ledger.note(.lease(1, examples: 2), .granted([grant]))
        ledger.note(.report(0, [Item(unit: 0, example: 0, token: 7)]), .verdicts([0: "open"]))
        ledger.close(results: [0: 8], open: [])
        #expect(ledger.problems.count == 4, "\(ledger.problems)")
    }
}

/// What is known of one interleaving beside the queue itself.
final class LeaseRun {
    var crowd: LeaseCrowd
    var ledger = LeaseLedger()

    init(_ index: Int) { crowd = LeaseCrowd(seed: 5, index: index) }

    func note(_ step: LeaseStep, _ answer: LeaseAnswer) {
        ledger.note(step, answer)
        crowd.learn(step, answer)
    }
}

/// Whoever is left does what is left: all sessions before have ended, and every time has come.
private func finish(_ run: LeaseRun, _ take: (LeaseStep) -> LeaseAnswer) {
    // Every round ends with all that a worker was given; whatever cost two workers comes alone.
    for _ in 0..<40 {
        for end in run.crowd.endAll() { _ = take(end) }
        let step = run.crowd.newSession()
        guard case .register(let session) = step else { return }
        _ = take(step)
        _ = take(.passDueTimes)
        _ = take(.reap)
        guard case .granted(let grants) = take(.lease(session, examples: 100)), !grants.isEmpty else { return }
        _ = take(run.crowd.reportAll(session, grants))
    }
}
