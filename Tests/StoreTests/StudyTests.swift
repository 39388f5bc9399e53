import Foundation
import JSON
import Store
import Testing

struct StudyTests {
    @Test func atMostOneStudyOfANameIsUnfinished() async throws {
        let fixture = try await StoreFixture.make()
        #expect(await storeErrorCode { _ = try await StoreFixture.submit(to: fixture.store) } == .conflict)
        try await fixture.store.steer(study: fixture.study, "cancel")
        let next = try await StoreFixture.submit(to: fixture.store)
        #expect(next != fixture.study)
        #expect(try await fixture.store.study(named: "study")?.number == next)
        #expect(try await fixture.store.studyLines().map(\.state) == ["queued", "cancelled"])
    }

    @Test func aDataSetIsStoredOncePerContent() async throws {
        let fixture = try await StoreFixture.make()
        #expect(try await fixture.count("dataset") == 3)
        let same = try await StoreFixture.submit(to: fixture.store, name: "same rows")
        #expect(try await fixture.count("dataset") == 3)
        _ = try await StoreFixture.submit(to: fixture.store, name: "other rows", seed: "x")
        #expect(try await fixture.count("dataset") == 6)
        #expect(try await fixture.count("example") == 6 * StoreFixture.rowCount)
        #expect(try await fixture.store.examples(study: same, split: "train", numbers: [2])[2]?["question"] == "2")
    }

    @Test func pauseResumeAndCancelMoveAStudyAsTheySay() async throws {
        let fixture = try await StoreFixture.make(units: 2)
        let store = fixture.store
        let queued = try await StoreFixture.submit(to: store, name: "queued")
        #expect(try await store.steer(study: queued, "pause") == "paused")
        #expect(try await store.steer(study: queued, "resume") == "queued")
        #expect(try await store.steer(study: fixture.study, "pause", message: "lunch") == "paused")
        #expect(try await store.state(of: fixture.study)?.message == "lunch")
        #expect(try await store.steer(study: fixture.study, "resume") == "running")
        // Resuming what is not paused changes nothing, and says what it is.
        #expect(try await store.steer(study: fixture.study, "resume") == "running")
        #expect(try await store.steer(study: queued, "resume") == "queued")
        #expect(try await store.steer(study: fixture.study, "cancel") == "cancelled")
        #expect(try await store.steer(study: fixture.study, "resume") == "cancelled")
        #expect(try await store.steer(study: fixture.study, "pause") == "cancelled")
        #expect(try await store.steer(study: 999, "pause") == nil)
        #expect(await storeErrorCode { try await store.steer(study: queued, "explode") } == .database)
        #expect(try await fixture.count("unit") == 0)
    }

    @Test func aStudyFinishesOnce() async throws {
        let fixture = try await StoreFixture.make(units: 2)
        let (store, term) = (fixture.store, fixture.term)
        #expect(
            await storeErrorCode { try await store.finish(term, state: "finished", reason: nil, message: nil, result: nil) }
                == .invalidData)
        try await store.finish(term, state: "finished", reason: "trials", message: nil, result: ["score": 1])
        try await store.finish(term, state: "failed", reason: nil, message: "too late", result: nil)
        let record = try #require(try await store.study(number: fixture.study))
        #expect(
            record.state == "finished" && record.finishReason == "trials" && record.result == ["score": 1]
                && record.message == nil)
        #expect(record.isEnded && record.finishedAt != nil)
        #expect(try await fixture.count("unit") == 0)
        #expect(try await store.studiesToLead(holder: UUID()) == [])
        #expect(try await fixture.count("event WHERE kind IN ('study.finished', 'study.failed')") == 1)
    }

    @Test func anUnfinishedStudyCanBeGivenAnotherText() async throws {
        let fixture = try await StoreFixture.make()
        try await fixture.store.update(study: fixture.study, spec: ["url": "elsewhere"])
        #expect(try await fixture.store.spec(of: fixture.study).spec == ["url": "elsewhere"])
        try await fixture.store.steer(study: fixture.study, "cancel")
        try await fixture.store.update(study: fixture.study, spec: [:])
        #expect(try await fixture.store.spec(of: fixture.study).spec == ["url": "elsewhere"])
    }
}

struct RefusalTests {
    @Test func theStudyPausesOnlyWhenNoLiveWorkerIsLeft() async throws {
        let fixture = try await StoreFixture.make(units: 2)
        let (first, second, dead) = (try await fixture.worker(), try await fixture.worker(), try await fixture.worker())
        try await fixture.expire(dead)
        #expect(try await fixture.lease(first).count == 2)
        try await fixture.store.refuse(session: first, study: fixture.study, message: "bad key")
        #expect(try await fixture.store.state(of: fixture.study)?.state == "running")
        #expect(try await fixture.count("unit WHERE state = 'ready'") == 2)
        try await fixture.store.refuse(session: second, study: fixture.study, message: "unknown model")
        let state = try await fixture.store.state(of: fixture.study)
        #expect(state?.state == "paused" && state?.message == "unknown model")
        try await fixture.store.steer(study: fixture.study, "resume")
        #expect(try await fixture.count("refusal") == 0)
        #expect(try await fixture.lease(first).count == 2)
    }

    @Test func aRefusalConcernsItsStudyOnly() async throws {
        let fixture = try await StoreFixture.make(units: 1)
        let other = try await StoreFixture.submit(to: fixture.store, name: "other")
        let term = try #require(try await fixture.store.lead(study: other, holder: UUID(), ttl: .seconds(60)))
        try await fixture.store.start(term)
        _ = try await fixture.decide(0, units: StoreFixture.units(1), by: term)
        let session = try await fixture.worker()
        try await fixture.store.refuse(session: session, study: fixture.study, message: "bad key")
        #expect(try await fixture.lease(session).map(\.study) == [other])
        #expect(try await fixture.store.state(of: other)?.state == "running")
    }

    /// The worker that kept a study alive has gone, or serves another: those that are left can't call the LM.
    @Test func aStudyThatOnlyRefusedWorkersAreLeftForPauses() async throws {
        let fixture = try await StoreFixture.make(units: 1)
        let (refused, healthy, bound) = (try await fixture.worker(), try await fixture.worker(), UUID())
        try await fixture.store.register(
            session: bound, name: "bound", info: ["study": .int(fixture.study + 1)], ttl: .seconds(60))
        try await fixture.store.refuse(session: refused, study: fixture.study, message: "bad key")
        try await fixture.store.reap()
        #expect(try await fixture.store.state(of: fixture.study)?.state == "running")
        try await fixture.store.signOff(session: healthy)
        try await fixture.store.reap()
        let paused = try #require(try await fixture.store.state(of: fixture.study))
        #expect(paused.state == "paused" && paused.message == "bad key")
        // Without any worker it waits for one.
        try await fixture.store.steer(study: fixture.study, "resume")
        try await fixture.store.signOff(session: refused)
        try await fixture.store.reap()
        #expect(try await fixture.store.state(of: fixture.study)?.state == "running")
    }
}
