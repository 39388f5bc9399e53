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

    /// A study that waits is shown as waiting while no worker could go on with it.
    @Test func aSessionThatWaitsForAProviderGetsNothingOfThatStudy() async throws {
        let fixture = try await StoreFixture.make(units: 3)
        func shown() async throws -> [String?] {
            let line = try #require(try await fixture.store.studyLine(number: fixture.study))
            return [line.state, line.message]
        }
        let (waiting, other) = (try await fixture.worker(), try await fixture.worker())
        #expect(try await fixture.lease(waiting, examples: 1).count == 1)
        try await fixture.store.waitForProviders(session: waiting, [fixture.study: "waiting for provider: x"])
        #expect(try await fixture.lease(waiting).isEmpty)
        #expect(try await shown() == ["running", nil])
        try await fixture.store.waitForProviders(session: other, [fixture.study: "waiting for provider: x"])
        #expect(try await shown() == ["waiting", "waiting for provider: x"])
        // Nobody forgets to go on: the study itself is running.
        #expect(try await fixture.store.state(of: fixture.study)?.state == "running")
        try await fixture.store.waitForProviders(session: waiting, [:])
        #expect(try await shown() == ["running", nil])
        #expect(try await fixture.lease(waiting).count == 2)
        try await fixture.store.signOff(session: other)
        #expect(try await fixture.count("provider_wait") == 0)
    }

    @Test func aSuspectComesAloneAndToASessionThatHoldsNothing() async throws {
        let fixture = try await StoreFixture.make(units: 5)
        let (busy, idle) = (try await fixture.worker(), try await fixture.worker())
        let held = try await fixture.lease(busy, examples: 1)
        #expect(held.map(\.key) == ["evaluate/d0/s0"])
        try await fixture.run("UPDATE nightshift.unit SET losses = 2, attempt = 2 WHERE ordinal IN (1, 2)")
        let sound = try await fixture.lease(busy)
        #expect(sound.map(\.key) == ["evaluate/d0/s3", "evaluate/d0/s4"] && sound.allSatisfy { !$0.isSuspect })
        // It awaits the first suspect now; whoever holds nothing gets the second.
        let suspect = try await fixture.lease(idle)
        #expect(suspect.map(\.key) == ["evaluate/d0/s2"] && suspect[0].isSuspect)
        #expect(try await fixture.lease(idle).isEmpty)
        #expect(try await fixture.lease(busy).isEmpty)
        _ = try await fixture.store.report(session: busy, (held + sound).flatMap(StoreFixture.results))
        let awaited = try await fixture.lease(busy)
        #expect(awaited.map(\.key) == ["evaluate/d0/s1"] && awaited[0].isSuspect)
    }

    /// Two workers that are never idle, and another study that has always more work: the suspect has its turn all the same.
    @Test func aSuspectIsNotStarvedByOtherStudies() async throws {
        let fixture = try await StoreFixture.make(units: 1)
        try await fixture.run("UPDATE nightshift.unit SET losses = 2, attempt = 2")
        let other = try await StoreFixture.submit(to: fixture.store, name: "other")
        let term = try #require(try await fixture.store.lead(study: other, holder: UUID(), ttl: .seconds(60)))
        try await fixture.store.start(term)
        _ = try await fixture.decide(0, units: StoreFixture.units(2000), by: term)
        let sessions = [try await fixture.worker(), try await fixture.worker()]
        var held: [UUID: [LeasedUnit]] = [:]
        var turns = 0
        while turns < 200, !held.values.joined().contains(where: \.isSuspect) {
            turns += 1
            for session in sessions {
                // As workers do: what is reported is part of what is held, and more is leased before it runs out.
                let ended = held[session, default: []].prefix(2)
                _ = try await fixture.store.report(session: session, ended.flatMap(StoreFixture.results))
                held[session, default: []].removeFirst(ended.count)
                held[session, default: []] += try await fixture.lease(session, examples: 4 - held[session, default: []].count)
            }
        }
        #expect(turns < 200, "the suspect was never leased")
        let whole = try #require(held.values.first { $0.contains(where: \.isSuspect) })
        #expect(whole.count == 1, "it runs alone")
    }

    /// A worker that holds nothing does not wait for a busy one; that one goes on once its suspect is gone.
    @Test func anIdleWorkerTakesWhatABusyOneAwaits() async throws {
        let fixture = try await StoreFixture.make(units: 4)
        let (busy, idle) = (try await fixture.worker(), try await fixture.worker())
        _ = try await fixture.lease(busy, examples: 1)
        try await fixture.run("UPDATE nightshift.unit SET losses = 2, attempt = 2 WHERE ordinal = 1")
        #expect(try await fixture.lease(busy, examples: 1).map(\.key) == ["evaluate/d0/s2"])
        #expect(try await fixture.lease(busy).isEmpty, "it awaits the suspect")
        let taken = try await fixture.lease(idle)
        #expect(taken.map(\.key) == ["evaluate/d0/s1"] && taken[0].isSuspect)
        #expect(try await fixture.lease(busy).map(\.key) == ["evaluate/d0/s3"])
        #expect(try await fixture.count("session WHERE awaits IS NOT NULL") == 0)
    }

    /// A worker that died before its turn leaves the suspect to others, busy ones too.
    @Test func whatIsAwaitedIsNotLostWithItsWorker() async throws {
        let fixture = try await StoreFixture.make(units: 4)
        let (first, second) = (try await fixture.worker(), try await fixture.worker())
        _ = try await fixture.lease(first, examples: 1)
        let held = try await fixture.lease(second, examples: 1)
        try await fixture.run("UPDATE nightshift.unit SET losses = 2, attempt = 2 WHERE ordinal = 2")
        #expect(try await fixture.lease(first, examples: 1).map(\.key) == ["evaluate/d0/s3"])
        #expect(try await fixture.lease(first).isEmpty, "it awaits the suspect")
        #expect(try await fixture.lease(second).isEmpty, "which another awaits")
        #expect(try await fixture.count("session WHERE awaits IS NOT NULL") == 1)
        try await fixture.expire(first)
        #expect(try await fixture.lease(second).isEmpty, "it awaits it now")
        _ = try await fixture.store.report(session: second, held.flatMap(StoreFixture.results))
        #expect(try await fixture.lease(second).map(\.isSuspect) == [true])
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
