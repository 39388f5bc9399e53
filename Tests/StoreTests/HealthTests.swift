import Foundation
import Postgres
import Store
import Testing

struct HealthTests {
    @Test func theQueueIsSeenAsItIs() async throws {
        let fixture = try await StoreFixture.make(units: 6)
        let session = try await fixture.worker()
        let units = try await fixture.lease(session, examples: 4)
        try await fixture.store.fail(session: session, unit: units[0].id, attempt: 1, error: "503", delay: .seconds(60))
        try await fixture.store.release(session: session, [(units[1].id, 1)])
        try await fixture.run("UPDATE nightshift.unit SET losses = 2 WHERE unit_id = $1", .int(units[1].id))
        try await fixture.run(
            "UPDATE nightshift.unit SET leased_at = leased_at - interval '1 min' WHERE unit_id = $1", .int(units[2].id))
        let health = try #require(try await fixture.store.queueHealth().first)
        #expect(health.name == "study" && health.state == "running" && health.isLed)
        #expect((health.ready, health.leased, health.delayed) == (3, 2, 1))
        #expect(health.failures == 1 && health.losses == 2 && health.suspect == 1 && health.retried == 0)
        #expect(health.oldestLeaseSeconds > 59 && health.lagSeconds == 0 && health.setAside == 0)
    }

    /// A decision whose results are all there waits for its coordinator.
    @Test func theCoordinatorsLagIsSeen() async throws {
        let fixture = try await StoreFixture.make(units: 2)
        let session = try await fixture.worker()
        _ = try await fixture.store.report(session: session, try await fixture.lease(session).flatMap(StoreFixture.results))
        try await fixture.run("UPDATE nightshift.tally SET ended_at = ended_at - interval '1 min'")
        #expect(try #require(try await fixture.store.queueHealth().first).lagSeconds > 59)
        try await fixture.store.conclude(fixture.term, decision: 0)
        #expect(try await fixture.store.queueHealth().first?.lagSeconds == 0)
        try await fixture.store.steer(study: fixture.study, "cancel")
        #expect(try await fixture.store.queueHealth().isEmpty, "an ended study has no queue")
    }

    @Test func unitsThatAreSetAsideAreCounted() async throws {
        let fixture = try await StoreFixture.make(units: 3)
        let unit = try #require(try await fixture.lease(try await fixture.worker(), examples: 1).first)
        try await fixture.run("SELECT nightshift.set_aside($1, 'gone')", .int(unit.id))
        #expect(try await fixture.store.queueHealth().first?.setAside == 1)
    }
}
