import Foundation
import Store
import Testing

/// Units that are given back.
struct FailureTests {
    private func fail(_ unit: LeasedUnit, of fixture: StoreFixture, by session: UUID, attempt: Int? = nil) async throws {
        try await fixture.store.fail(
            session: session, unit: unit.id, attempt: attempt ?? unit.attempt, error: "503", delay: .seconds(30))
    }

    @Test func onlyTheHolderOfTheLeaseReleasesOrFailsAUnit() async throws {
        let fixture = try await StoreFixture.make(units: 1)
        let (holder, other) = (try await fixture.worker(), try await fixture.worker())
        let unit = try #require(try await fixture.lease(holder).first)
        for (session, attempt) in [(other, unit.attempt), (holder, unit.attempt + 1), (holder, unit.attempt - 1)] {
            try await fixture.store.release(session: session, [(unit.id, attempt)])
            try await fail(unit, of: fixture, by: session, attempt: attempt)
        }
        #expect(try await fixture.count("unit WHERE state = 'leased' AND failures = 0") == 1)
        let held = try await fixture.store.held(session: holder)
        #expect(held.map(\.unit) == [unit.id] && held.map(\.attempt) == [1])
        try await fixture.store.release(session: holder, [(unit.id, unit.attempt)])
        #expect(try await fixture.count("unit WHERE state = 'ready'") == 1)
    }

    @Test func aFailureDelaysLongerEachTimeAndTheThirdSetsAsideWithoutAScore() async throws {
        let fixture = try await StoreFixture.make(units: 1, size: 3)
        let session = try await fixture.worker()
        for (failures, seconds) in [(1, 30.0), (2, 60.0)] {
            let unit = try #require(try await fixture.lease(session).first)
            if failures == 1 { _ = try await fixture.store.report(session: session, [StoreFixture.result(unit, 1)]) }
            try await fail(unit, of: fixture, by: session)
            #expect(try await fixture.lease(session).isEmpty)
            let wait = try await fixture.text(
                "SELECT extract(epoch FROM due - clock_timestamp()) FROM nightshift.unit WHERE state = 'delayed'")
            #expect(abs(try #require(Double(wait ?? "")) - seconds) < 5, "after failure \(failures)")
            try await fixture.passDueTimes()
            #expect(try await fixture.store.reap() == 0)
        }
        let unit = try #require(try await fixture.lease(session).first)
        try await fail(unit, of: fixture, by: session)
        #expect(try await fixture.count("unit") == 0)
        // What was scored stays; the rest is missing data, never a zero.
        #expect(try await fixture.count("result WHERE outcome = 'scored' AND example = 1 AND score = 1") == 1)
        #expect(try await fixture.count("result WHERE outcome = 'infrastructure_error' AND score IS NULL") == 2)
        #expect(try await fixture.count("event WHERE kind = 'unit.set_aside'") == 1)
    }

    /// Examples that always fail, each in a unit of its own, all that is left of a stage: no outage.
    @Test func unitsThatAreMostlyDoneDoNotPauseTheStudy() async throws {
        let fixture = try await StoreFixture.make(units: 5, size: 3)
        let session = try await fixture.worker()
        for round in 0..<3 {
            for unit in try await fixture.lease(session) {
                if round == 0 {
                    let done = unit.examples.dropLast().map { StoreFixture.result(unit, $0) }
                    _ = try await fixture.store.report(session: session, done)
                }
                try await fail(unit, of: fixture, by: session)
            }
            try await fixture.passDueTimes()
            try await fixture.store.reap()
        }
        #expect(try await fixture.store.state(of: fixture.study)?.state != "paused")
        #expect(try await fixture.count("unit") == 0)
        #expect(try await fixture.count("result WHERE outcome = 'infrastructure_error'") == 5)
        #expect(try await fixture.count("result WHERE outcome = 'scored'") == 10)
    }

    @Test func whenMostUnitsFailTheStudyPausesAndSaysWhy() async throws {
        let fixture = try await StoreFixture.make(units: 5)
        let session = try await fixture.worker()
        for _ in 0..<3 {
            for unit in try await fixture.lease(session) { try await fail(unit, of: fixture, by: session) }
            try await fixture.passDueTimes()
            try await fixture.store.reap()
        }
        let paused = try #require(try await fixture.store.state(of: fixture.study))
        #expect(paused.state == "paused" && paused.message?.contains("503") == true)
        #expect(try await fixture.count("result") == 0)
        // Those that ended after the pause have failed once since.
        #expect(try await fixture.count("unit WHERE failures <= 1") == 5)
        #expect(try await fixture.lease(session).isEmpty)
        #expect(try await fixture.store.steer(study: fixture.study, "resume") == "running")
        #expect(try await fixture.store.state(of: fixture.study)?.message == nil)
        #expect(try await fixture.lease(session).count == 5)
    }

    @Test func aResumedStudyDoesNotWaitForTheDelays() async throws {
        let fixture = try await StoreFixture.make(units: 2)
        let session = try await fixture.worker()
        for unit in try await fixture.lease(session) { try await fail(unit, of: fixture, by: session) }
        try await fixture.store.steer(study: fixture.study, "pause", message: "by hand")
        try await fixture.store.steer(study: fixture.study, "resume")
        #expect(try await fixture.lease(session).count == 2)
        #expect(try await fixture.count("unit WHERE failures > 0") == 0)
    }
}
