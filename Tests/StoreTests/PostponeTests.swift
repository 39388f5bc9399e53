import Foundation
import Store
import Testing

/// Units that wait for something outside.
struct PostponeTests {
    @Test func aPostponedUnitComesBackAfterItsDelayAndCountsNoFailure() async throws {
        let fixture = try await StoreFixture.make(units: 1)
        let session = try await fixture.worker()
        var unit = try #require(try await fixture.lease(session).first)
        try await fixture.store.fail(session: session, unit: unit.id, attempt: unit.attempt, error: "503", delay: .zero)
        try await fixture.passDueTimes()
        for round in 1...5 {
            try await fixture.store.reap()
            unit = try #require(try await fixture.lease(session).first, "round \(round)")
            #expect(try await fixture.store.postpone(session: session, unit: unit.id, attempt: unit.attempt, delay: .seconds(30)))
            #expect(try await fixture.lease(session).isEmpty)
            let wait = try await fixture.text("SELECT extract(epoch FROM due - clock_timestamp()) FROM nightshift.unit")
            #expect(abs(try #require(Double(wait ?? "")) - 30) < 5)
            // Not before it is due.
            try await fixture.store.reap()
            #expect(try await fixture.lease(session).isEmpty)
            try await fixture.passDueTimes()
        }
        #expect(
            try await fixture.count("unit WHERE state = 'delayed' AND failures = 0 AND losses = 0 AND last_error IS NULL") == 1)
        #expect(try await fixture.run("SELECT * FROM nightshift.check_integrity()").isEmpty)
    }

    @Test func onlyTheHolderOfTheLeasePostpones() async throws {
        let fixture = try await StoreFixture.make(units: 1)
        let (holder, other) = (try await fixture.worker(), try await fixture.worker())
        let unit = try #require(try await fixture.lease(holder).first)
        for (session, attempt) in [(other, unit.attempt), (holder, unit.attempt + 1), (holder, unit.attempt - 1)] {
            #expect(try await !fixture.store.postpone(session: session, unit: unit.id, attempt: attempt, delay: .zero))
        }
        #expect(try await fixture.count("unit WHERE state = 'leased'") == 1)
        #expect(try await fixture.store.postpone(session: holder, unit: unit.id, attempt: unit.attempt, delay: .zero))
        #expect(try await !fixture.store.postpone(session: holder, unit: unit.id, attempt: unit.attempt, delay: .zero))
    }

    /// Waiting for a provider's job is no sign of trouble in the surroundings.
    @Test func postponedUnitsDoNotPauseTheStudy() async throws {
        let fixture = try await StoreFixture.make(units: 5)
        let session = try await fixture.worker()
        for _ in 0..<3 {
            for unit in try await fixture.lease(session) {
                if unit.key == "evaluate/d0/s0" {
                    try await fixture.store.fail(
                        session: session, unit: unit.id, attempt: unit.attempt, error: "503", delay: .zero)
                } else {
                    try await fixture.store.postpone(session: session, unit: unit.id, attempt: unit.attempt, delay: .zero)
                }
            }
            try await fixture.passDueTimes()
            try await fixture.store.reap()
        }
        #expect(try await fixture.store.state(of: fixture.study)?.state == "running")
        #expect(try await fixture.count("result WHERE outcome = 'infrastructure_error'") == 1)
        #expect(try await fixture.count("unit WHERE failures = 0") == 4)
    }
}
