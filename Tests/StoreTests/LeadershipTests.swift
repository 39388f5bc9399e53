import Foundation
import JSON
import Store
import Testing

struct LeadershipTests {
    private func endLead(of fixture: StoreFixture) async throws {
        try await fixture.run("UPDATE nightshift.leader SET until = clock_timestamp() - interval '1 s'")
    }

    @Test func oneCoordinatorLeadsAtATime() async throws {
        let fixture = try await StoreFixture.make()
        let (store, other) = (fixture.store, UUID())
        #expect(fixture.term.number == 1)
        #expect(try await store.lead(study: fixture.study, holder: other, ttl: .seconds(60)) == nil)
        #expect(try await store.studiesToLead(holder: other) == [])
        #expect(try await store.studiesToLead(holder: fixture.term.holder) == [fixture.study])
        // Renewing keeps the term.
        #expect(try await store.lead(study: fixture.study, holder: fixture.term.holder, ttl: .seconds(60)) == fixture.term)
    }

    @Test func ofManyThatReachForAFreeLeadOneGetsIt() async throws {
        let fixture = try await StoreFixture.make()
        try await endLead(of: fixture)
        let terms = try await withThrowingTaskGroup(of: Term?.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await fixture.anotherStore().lead(study: fixture.study, holder: UUID(), ttl: .seconds(60))
                }
            }
            return try await group.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
        }
        #expect(terms.map(\.number) == [2])
    }

    @Test func aTakeOverRaisesTheTermAndFencesTheOldLeader() async throws {
        let fixture = try await StoreFixture.make()
        let store = fixture.store
        _ = try await fixture.decide(0, units: [])
        try await endLead(of: fixture)
        let successor = try #require(try await store.lead(study: fixture.study, holder: UUID(), ttl: .seconds(60)))
        #expect(successor.number == 2)
        let old = fixture.term
        #expect(await storeErrorCode { _ = try await fixture.decide(1, units: []) } == .notLeader)
        #expect(await storeErrorCode { try await store.start(old) } == .notLeader)
        #expect(await storeErrorCode { try await store.conclude(old, decision: 0) } == .notLeader)
        #expect(
            await storeErrorCode { try await store.finish(old, state: "failed", reason: nil, message: "x", result: nil) }
                == .notLeader)
        #expect(try await fixture.decide(1, units: [], by: successor))
        try await store.conclude(successor, decision: 0)
        #expect(try await fixture.count("decision WHERE finished_at IS NOT NULL") == 1)
        #expect(try await store.lead(study: fixture.study, holder: old.holder, ttl: .seconds(60)) == nil)
    }

    @Test func anExpiredLeadTakenAgainByItsHolderIsANewTerm() async throws {
        let fixture = try await StoreFixture.make()
        try await endLead(of: fixture)
        let renewed = try await fixture.store.lead(study: fixture.study, holder: fixture.term.holder, ttl: .seconds(60))
        #expect(renewed?.number == 2)
        #expect(await storeErrorCode { _ = try await fixture.decide(0, units: []) } == .notLeader)
    }

    @Test func aLeadThatIsResignedIsFreeAtOnce() async throws {
        let fixture = try await StoreFixture.make()
        try await fixture.store.resign(fixture.term)
        #expect(try await fixture.store.studiesToLead(holder: UUID()) == [fixture.study])
        #expect(try await fixture.store.lead(study: fixture.study, holder: UUID(), ttl: .seconds(60))?.number == 2)
        // Resigning what another leads changes nothing.
        try await fixture.store.resign(fixture.term)
        #expect(try await fixture.store.studiesToLead(holder: UUID()) == [])
    }
}

struct DecisionTests {
    private static let trial: JSON = [
        "number": 0, "candidate": .string(StoreFixture.candidate), "params": [:], "provenance": "baseline",
    ]

    @Test func aDecisionIsRecordedOnce() async throws {
        let fixture = try await StoreFixture.make()
        #expect(try await fixture.decide(0, trials: [Self.trial], units: StoreFixture.units(2)))
        #expect(try await !fixture.decide(0, trials: [Self.trial], units: StoreFixture.units(5, size: 2)))
        for (table, rows) in [("unit", 2), ("trial", 1), ("candidate", 1)] {
            #expect(try await fixture.count(table) == rows, "\(table)")
        }
        let recorded = DecisionRecord(number: 0, key: "decision/0", stage: "search", body: ["number": 0])
        #expect(try await fixture.store.decisions(of: fixture.study) == [recorded])
        #expect(try await fixture.store.unitCount(of: fixture.study) == 2)
    }

    @Test func aGapInTheNumbersIsRefused() async throws {
        let fixture = try await StoreFixture.make()
        #expect(await storeErrorCode { _ = try await fixture.decide(1, units: []) } == .database)
        #expect(try await fixture.decide(0, units: []))
        #expect(await storeErrorCode { _ = try await fixture.decide(2, units: []) } == .database)
        #expect(try await fixture.decide(1, units: []))
        #expect(try await fixture.count("decision") == 2)
    }

    @Test func aDecisionAppearsWholeOrNotAtAll() async throws {
        let fixture = try await StoreFixture.make()
        // A proposal without a payload is against the rules of the table.
        let units = StoreFixture.units(2) + [UnitDraft(key: "propose/0", ordinal: 2, priority: 0, kind: .propose)]
        #expect(await storeErrorCode { _ = try await fixture.decide(0, trials: [Self.trial], units: units) } == .invalidData)
        for table in ["decision", "candidate", "trial", "unit"] { #expect(try await fixture.count(table) == 0, "\(table)") }
        #expect(try await fixture.decide(0, trials: [Self.trial], units: StoreFixture.units(2)))
    }

    @Test func anEndedStudyGetsNoMoreDecisions() async throws {
        let fixture = try await StoreFixture.make(units: 1)
        try await fixture.store.steer(study: fixture.study, "cancel")
        let units = StoreFixture.units(1, decision: 1, first: 9)
        #expect(await storeErrorCode { _ = try await fixture.decide(1, units: units) } == .notLeader)
        #expect(try await fixture.run("SELECT * FROM nightshift.check_integrity()").isEmpty)
        #expect(try await fixture.count("unit") == 0)
    }

    @Test func aTrialsScoreAndUsageFollowFromItsResults() async throws {
        let fixture = try await StoreFixture.make()
        _ = try await fixture.decide(0, trials: [Self.trial], units: StoreFixture.units(1, size: 3))
        let session = try await fixture.worker()
        let unit = try #require(try await fixture.lease(session).first)
        #expect(try await fixture.store.trials(of: fixture.study).map(\.state) == ["running"])
        _ = try await fixture.store.report(
            session: session,
            [
                StoreFixture.result(unit, 0, score: 0.5), StoreFixture.result(unit, 1, .programError, score: 0),
                StoreFixture.result(unit, 2, score: 1),
            ])
        let trial = try #require(try await fixture.store.trials(of: fixture.study).first)
        #expect(trial.score == 0.5 && trial.examples == 3 && trial.errors == 1 && trial.calls == 3 && trial.state == "complete")
        let usage = try await fixture.store.usage(of: fixture.study)
        #expect(usage.map(\.role) == ["task"] && usage.map(\.stage) == ["search"])
        #expect(usage.map { [$0.calls, $0.attempts, $0.cached, $0.promptTokens, $0.completionTokens] } == [[3, 6, 0, 60, 9]])
        let progress = try await fixture.store.progress(of: fixture.study)
        #expect(progress.map(\.done) == [3] && progress.map(\.open) == [0])
    }
}
