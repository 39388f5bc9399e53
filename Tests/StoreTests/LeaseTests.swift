import Foundation
import JSON
import Store
import Testing

struct LeaseTests {
    @Test func unitsComeInTheOrderOfPriorityDecisionAndOrdinal() async throws {
        let fixture = try await StoreFixture.make()
        _ = try await fixture.decide(0, units: StoreFixture.units(2, decision: 0, first: 0, priority: 5))
        _ = try await fixture.decide(1, units: StoreFixture.units(2, decision: 1, first: 10, priority: 1).reversed())
        _ = try await fixture.decide(2, units: StoreFixture.units(1, decision: 2, first: 20, priority: 1))
        let session = try await fixture.worker()
        let first = try await fixture.lease(session, examples: 3)
        let second = try await fixture.lease(session)
        #expect(first.map(\.key) == ["evaluate/d1/s0", "evaluate/d1/s1", "evaluate/d2/s0"])
        #expect(second.map(\.key) == ["evaluate/d0/s0", "evaluate/d0/s1"])
    }

    @Test func aLeaseIsWorthAboutAsManyExamplesAsAskedFor() async throws {
        let fixture = try await StoreFixture.make(units: 10, size: 5)
        let session = try await fixture.worker()
        #expect(try await fixture.lease(session, examples: 17).count == 3)
        #expect(try await fixture.lease(session, examples: 1).count == 1)
        #expect(try await fixture.lease(session, examples: 0).isEmpty)
    }

    @Test func noUnitIsLeasedTwice() async throws {
        let fixture = try await StoreFixture.make(units: 60)
        let leased = try await withThrowingTaskGroup(of: [Int].self) { group in
            for _ in 0..<16 {
                group.addTask {
                    let store = try fixture.anotherStore()
                    let session = try await fixture.worker()
                    var ids: [Int] = []
                    for _ in 0..<8 {
                        ids += try await store.lease(session: session, examples: 2, study: nil, ttl: .seconds(60)).map(\.id)
                    }
                    return ids
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(leased.count == 60 && Set(leased).count == 60)
        #expect(try await fixture.count("unit WHERE state = 'leased' AND attempt = 1") == 60)
    }

    @Test func onlyARunningStudyGivesWork() async throws {
        let fixture = try await StoreFixture.make()
        let queued = try await StoreFixture.submit(to: fixture.store, name: "queued")
        let term = try #require(try await fixture.store.lead(study: queued, holder: UUID(), ttl: .seconds(60)))
        _ = try await fixture.decide(0, units: StoreFixture.units(3), by: term)
        let session = try await fixture.worker()
        #expect(try await fixture.lease(session).isEmpty)
        try await fixture.store.start(term)
        #expect(try await fixture.lease(session, examples: 1).count == 1)
        try await fixture.store.steer(study: queued, "pause")
        #expect(try await fixture.lease(session).isEmpty)
        try await fixture.store.steer(study: queued, "resume")
        #expect(try await fixture.lease(session, examples: 1).count == 1)
        try await fixture.store.steer(study: queued, "cancel")
        #expect(try await fixture.lease(session).isEmpty)
    }

    @Test func anExpiredOrUnknownSessionIsLost() async throws {
        let fixture = try await StoreFixture.make(units: 2)
        let session = try await fixture.worker()
        try await fixture.expire(session)
        #expect(await storeErrorCode { _ = try await fixture.lease(session) } == .sessionLost)
        #expect(
            await storeErrorCode {
                _ = try await fixture.store.heartbeat(session: session, ttl: .seconds(60), held: [], isDraining: false)
            } == .sessionLost)
        #expect(await storeErrorCode { _ = try await fixture.lease(UUID()) } == .sessionLost)
        // Registering again under the same id does not bring it back.
        try await fixture.store.register(session: session, name: "worker", info: [:], ttl: .seconds(60))
        #expect(await storeErrorCode { _ = try await fixture.lease(session) } == .sessionLost)
    }

    @Test func aHeartbeatExtendsTheSessionAndNamesWhatIsNoLongerHeld() async throws {
        let fixture = try await StoreFixture.make(units: 3)
        let session = try await fixture.worker()
        let units = try await fixture.lease(session)
        try await fixture.store.release(session: session, [(units[0].id, units[0].attempt)])
        let lost = try await fixture.store.heartbeat(
            session: session, ttl: .seconds(600), held: units.map { ($0.id, $0.attempt) }, isDraining: false)
        #expect(lost == [units[0].id])
        #expect(try await fixture.count("session WHERE until > clock_timestamp() + interval '5 min'") == 1)
    }

    @Test func aRefusedSessionGetsNothingOfThatStudy() async throws {
        let fixture = try await StoreFixture.make(units: 2)
        let (refused, other) = (try await fixture.worker(), try await fixture.worker())
        #expect(try await fixture.lease(refused, examples: 1).count == 1)
        try await fixture.store.refuse(session: refused, study: fixture.study, message: "bad key")
        #expect(try await fixture.lease(refused).isEmpty)
        #expect(try await fixture.lease(other).count == 2)
    }

    @Test func aSuspectComesAloneAndToASessionThatHoldsNothing() async throws {
        let fixture = try await StoreFixture.make(units: 4)
        try await fixture.run("UPDATE nightshift.unit SET losses = 2, attempt = 2 WHERE ordinal IN (0, 1)")
        let (busy, idle) = (try await fixture.worker(), try await fixture.worker())
        let sound = try await fixture.lease(busy)
        #expect(sound.map(\.key) == ["evaluate/d0/s2", "evaluate/d0/s3"] && sound.allSatisfy { !$0.isSuspect })
        #expect(try await fixture.lease(busy).isEmpty)
        let suspect = try await fixture.lease(idle)
        #expect(suspect.map(\.key) == ["evaluate/d0/s0"] && suspect[0].isSuspect)
        #expect(try await fixture.lease(idle).isEmpty)
    }

    @Test func aReleasedUnitComesAgainWithoutTheExamplesThatWereReported() async throws {
        let fixture = try await StoreFixture.make(units: 1, size: 5)
        let (first, second) = (try await fixture.worker(), try await fixture.worker())
        let unit = try #require(try await fixture.lease(first).first)
        #expect(unit.examples == [0, 1, 2, 3, 4])
        _ = try await fixture.store.report(session: first, [1, 3].map { StoreFixture.result(unit, $0) })
        try await fixture.store.signOff(session: first)
        let again = try #require(try await fixture.lease(second).first)
        #expect(again.id == unit.id && again.attempt == 2 && again.examples == [0, 2, 4])
        #expect(try await fixture.count("unit WHERE losses > 0") == 0)
    }

    @Test func aWorkerReadsWhatItsUnitNeeds() async throws {
        let fixture = try await StoreFixture.make(units: 1)
        #expect(try await fixture.store.spec(of: fixture.study).spec == ["name": "study"])
        #expect(
            try await fixture.store.candidateState(study: fixture.study, candidate: StoreFixture.candidate) == ["predict": [:]])
        let rows = try await fixture.store.examples(study: fixture.study, split: "val", numbers: [7, 3, 1000])
        #expect(rows.keys.sorted() == [3, 7] && rows[7] == ["question": "7", "answer": 7])
    }
}
