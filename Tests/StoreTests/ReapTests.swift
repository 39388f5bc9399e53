import Foundation
import Postgres
import Store
import Testing

struct ReapTests {
    /// Leases exactly this unit, whatever its past.
    private func force(_ condition: String, to session: UUID, in fixture: StoreFixture) async throws {
        try await fixture.run(
            """
            UPDATE nightshift.unit SET state = 'leased', attempt = attempt + 1, session = $1, due = clock_timestamp() + interval '1 h'
             WHERE \(condition)
            """, .text(session.uuidString))
    }

    @Test func unitsOfADeadSessionComeBackAndTheLossIsCounted() async throws {
        let fixture = try await StoreFixture.make(units: 3)
        let (dead, alive) = (try await fixture.worker(), try await fixture.worker())
        #expect(try await fixture.lease(dead, examples: 2).count == 2)
        #expect(try await fixture.lease(alive).count == 1)
        #expect(try await fixture.store.reap() == 0)
        try await fixture.expire(dead)
        #expect(try await fixture.store.reap() == 2)
        #expect(try await fixture.count("unit WHERE state = 'ready' AND losses = 1 AND losses_alone = 0") == 2)
        #expect(try await fixture.lease(alive).count == 2)
    }

    @Test func anOverdueLeaseComesBackThoughItsSessionLives() async throws {
        let fixture = try await StoreFixture.make(units: 2)
        let session = try await fixture.worker()
        let units = try await fixture.lease(session)
        try await fixture.run("UPDATE nightshift.unit SET due = clock_timestamp() - interval '1 s' WHERE ordinal = 0")
        #expect(try await fixture.store.reap() == 1)
        #expect(try await fixture.store.held(session: session).map(\.unit) == [units[1].id])
    }

    @Test func lossesInCompanyNeverSetAUnitAside() async throws {
        let fixture = try await StoreFixture.make(units: 2)
        for _ in 0..<6 {
            let session = try await fixture.worker()
            try await force("true", to: session, in: fixture)
            try await fixture.expire(session)
            #expect(try await fixture.store.reap() == 2)
        }
        #expect(try await fixture.count("unit WHERE state = 'ready' AND losses = 6 AND losses_alone = 0") == 2)
        #expect(try await fixture.count("result") == 0)
    }

    @Test func threeLossesAloneSetAUnitAside() async throws {
        let fixture = try await StoreFixture.make(units: 1, size: 2)
        for loss in 1...3 {
            let session = try await fixture.worker()
            let unit = try #require(try await fixture.lease(session).first)
            #expect(unit.isSuspect == (loss == 3))
            try await fixture.expire(session)
            #expect(try await fixture.store.reap() == 1)
        }
        #expect(try await fixture.count("unit") == 0)
        #expect(try await fixture.count("result WHERE outcome = 'infrastructure_error' AND score IS NULL") == 2)
        #expect(try await fixture.store.isComplete(study: fixture.study, decision: 0))
    }

    @Test func theNeighboursOfAUnitThatKillsItsWorkersAreScored() async throws {
        let fixture = try await StoreFixture.make(units: 6)
        let poison = 2
        // Twice all are lost together, then each comes alone: the five that do no harm once, the other three times.
        for _ in 0..<10 {
            let session = try await fixture.worker()
            let units = try await fixture.lease(session)
            if units.contains(where: { $0.examples == [poison] }) {
                try await fixture.expire(session)
                try await fixture.store.reap()
            } else {
                _ = try await fixture.store.report(session: session, units.flatMap(StoreFixture.results))
            }
        }
        #expect(try await fixture.count("unit") == 0)
        #expect(try await fixture.count("result WHERE outcome = 'scored'") == 5)
        #expect(try await fixture.count("result WHERE outcome = 'infrastructure_error' AND example = \(poison)") == 1)
    }

    @Test func delayedUnitsWakeWhenTheirTimeHasCome() async throws {
        let fixture = try await StoreFixture.make(units: 1)
        let session = try await fixture.worker()
        let unit = try #require(try await fixture.lease(session).first)
        try await fixture.store.fail(session: session, unit: unit.id, attempt: unit.attempt, error: "503", delay: .seconds(30))
        try await fixture.store.reap()
        #expect(try await fixture.lease(session).isEmpty)
        try await fixture.passDueTimes()
        try await fixture.store.reap()
        #expect(try await fixture.lease(session).count == 1)
    }

    @Test func aProcessSeenDeadLosesItsSessionsAndLeadsAtOnce() async throws {
        let fixture = try await StoreFixture.make(units: 2)
        let (dead, alive) = (try await fixture.worker(pid: 41), try await fixture.worker(pid: 42))
        #expect(try await fixture.lease(dead, examples: 1).count == 1)
        #expect(try await fixture.lease(alive, examples: 1).count == 1)
        let own = ProcessIdentity.current
        #expect(try await fixture.store.liveProcesses(host: "here").sorted() == [41, 42])
        #expect(try await fixture.store.liveProcesses(host: own.host) == [own.pid])
        #expect(try await fixture.store.endProcesses(host: "elsewhere", [41, 42]) == 0)
        #expect(try await fixture.store.endProcesses(host: "here", [41, 43]) == 1)
        #expect(try await fixture.count("unit WHERE state = 'ready' AND losses = 1") == 1)
        #expect(await storeErrorCode { _ = try await fixture.lease(dead) } == .sessionLost)
        #expect(try await fixture.lease(alive).count == 1)
        #expect(try await fixture.store.lead(study: fixture.study, holder: UUID(), ttl: .seconds(60)) == nil)
        #expect(try await fixture.store.endProcesses(host: own.host, [own.pid]) == 0)
        #expect(try await fixture.store.lead(study: fixture.study, holder: UUID(), ttl: .seconds(60))?.number == 2)
    }
}
