import Foundation
import JSON
import Store
import Testing

struct ReportTests {
    @Test func theFirstResultStandsWhoeverReportsItAndHoweverOften() async throws {
        let fixture = try await StoreFixture.make(units: 1, size: 4)
        let (first, second) = (try await fixture.worker(), try await fixture.worker())
        let unit = try #require(try await fixture.lease(first).first)
        let original = [2, 0, 2].map { StoreFixture.result(unit, $0, score: 0.5) }
        #expect(try await fixture.store.report(session: first, original) == [unit.id: .open])
        #expect(try await fixture.store.report(session: first, original.reversed()) == [unit.id: .open])
        try await fixture.store.release(session: first, [(unit.id, unit.attempt)])
        let again = try #require(try await fixture.lease(second).first)
        #expect(again.examples == [1, 3])
        // A latecomer of the first lease, a stranger, and the holder.
        #expect(try await fixture.store.report(session: first, [StoreFixture.result(unit, 1, score: 0.25)]) == [unit.id: .open])
        #expect(try await fixture.store.report(session: UUID(), [StoreFixture.result(unit, 2)]) == [unit.id: .open])
        #expect(try await fixture.store.report(session: second, StoreFixture.results(again)) == [unit.id: .closed])
        #expect(try await fixture.store.report(session: second, StoreFixture.results(again)) == [unit.id: .gone])
        let scores = try await fixture.store.results(
            study: fixture.study, candidate: StoreFixture.candidate, split: "val", rollout: 0, examples: Array(0..<9),
            withDetails: false)
        #expect(scores.sorted { $0.example < $1.example }.map(\.score) == [0.5, 0.25, 0.5, 1])
        #expect(try await fixture.store.isComplete(study: fixture.study, decision: 0))
    }

    @Test func twoHalvesReportedAtOnceCloseTheUnit() async throws {
        let fixture = try await StoreFixture.make(units: 50, size: 2)
        let session = try await fixture.worker()
        let units = try await fixture.lease(session)
        let (left, right) = (try fixture.anotherStore(), try fixture.anotherStore())
        for unit in units {
            async let one = left.report(session: session, [StoreFixture.result(unit, unit.examples[0])])
            async let two = right.report(session: session, [StoreFixture.result(unit, unit.examples[1])])
            let verdicts = try await [one[unit.id], two[unit.id]]
            #expect(verdicts.count { $0 == .closed } == 1, "\(unit.key)")
        }
        #expect(try await fixture.count("unit") == 0)
        #expect(try await fixture.count("result") == 100)
    }

    @Test func aReportForACancelledStudyIsDropped() async throws {
        let fixture = try await StoreFixture.make(units: 1, size: 2)
        let session = try await fixture.worker()
        let unit = try #require(try await fixture.lease(session).first)
        try await fixture.store.steer(study: fixture.study, "cancel")
        #expect(try await fixture.store.report(session: session, StoreFixture.results(unit)) == [unit.id: .gone])
        #expect(try await fixture.count("result") == 0)
    }

    @Test func anExampleThatIsNotTheUnitsIsIgnored() async throws {
        let fixture = try await StoreFixture.make(units: 2, size: 2)
        let session = try await fixture.worker()
        let unit = try await fixture.lease(session)[0]
        #expect(
            try await fixture.store.report(session: session, [0, 3, 50].map { StoreFixture.result(unit, $0) }) == [unit.id: .open]
        )
        #expect(try await fixture.text("SELECT array_agg(example) FROM nightshift.result") == "{0}")
    }

    @Test func aProgramErrorHasAScoreAndAMetricErrorHasNone() async throws {
        let fixture = try await StoreFixture.make(units: 1, size: 3)
        let session = try await fixture.worker()
        let unit = try #require(try await fixture.lease(session).first)
        func report(_ result: UnitResult) async -> StoreError.Code? {
            await storeErrorCode { _ = try await fixture.store.report(session: session, [result]) }
        }
        #expect(await report(StoreFixture.result(unit, 0, .programError, score: nil)) == .invalidData)
        #expect(await report(StoreFixture.result(unit, 0, .metricError, score: 0)) == .invalidData)
        #expect(await report(StoreFixture.result(unit, 0, .scored, score: nil)) == .invalidData)
        #expect(await report(StoreFixture.result(unit, 0, .programError, score: 0)) == nil)
        #expect(await report(StoreFixture.result(unit, 1, .metricError, score: nil)) == nil)
        #expect(await report(StoreFixture.result(unit, 2)) == nil)
        #expect(try await fixture.count("unit") == 0)
        #expect(try await fixture.text("SELECT avg(score) FROM nightshift.result") == "0.5")
    }

    @Test func theFirstAnswerOfAProposalStands() async throws {
        let fixture = try await StoreFixture.make()
        _ = try await fixture.decide(
            0,
            units: ["a", "b"].enumerated().map { ordinal, name in
                UnitDraft(key: "propose/\(name)", ordinal: ordinal, priority: 0, kind: .propose, payload: ["ask": .string(name)])
            })
        let session = try await fixture.worker()
        let units = try await fixture.lease(session)
        #expect(units.map(\.payload) == [["ask": "a"], ["ask": "b"]] && units.allSatisfy { $0.examples.isEmpty })
        func report(_ unit: LeasedUnit, _ outputs: JSON?, _ error: String?) async throws -> Verdict? {
            let result = UnitResult(
                unit: unit.id, content: .proposal(outputs: outputs, error: error), usage: [:], latencyMilliseconds: 1)
            return try await fixture.store.report(session: session, [result, result])[unit.id]
        }
        #expect(try await report(units[0], ["instruction": "first"], nil) == .closed)
        #expect(try await report(units[0], ["instruction": "second"], nil) == .gone)
        #expect(try await report(units[1], nil, "empty") == .closed)
        let keys = ["propose/a", "propose/b"]
        #expect(try await fixture.store.proposals(study: fixture.study, keys: keys) == ["propose/a": ["instruction": "first"]])
    }

    @Test func aUnitWhoseResultsAreAllThereCanBeClosedWithoutAReport() async throws {
        let fixture = try await StoreFixture.make(units: 2)
        let session = try await fixture.worker()
        let units = try await fixture.lease(session)
        try await fixture.run(
            """
            INSERT INTO nightshift.result (study_id, candidate, split, example, outcome, score, stage)
            SELECT study_id, candidate, split, examples[1], 'scored', 1, stage FROM nightshift.unit WHERE ordinal = 0
            """)
        try await fixture.store.close(units: units.map(\.id))
        #expect(try await fixture.text("SELECT array_agg(ordinal) FROM nightshift.unit") == "{1}")
    }

    /// A model may answer anything, NUL included, which PostgreSQL stores neither in text nor in JSON.
    @Test func nulIsStoredAsTheReplacementCharacter() async throws {
        let fixture = try await StoreFixture.make(units: 2)
        let session = try await fixture.worker()
        let units = try await fixture.lease(session)
        var result = StoreFixture.result(units[0], 0)
        result.content = .example(0, .scored, score: 1, detail: ["prediction": ["a\0b": "c\0 \\u0000"]])
        #expect(try await fixture.store.report(session: session, [result]) == [units[0].id: .closed])
        let detail = try await fixture.store.resultDetails(study: fixture.study, candidate: StoreFixture.candidate, split: "val")
        #expect(detail.first?.detail == ["prediction": ["a\u{FFFD}b": "c\u{FFFD} \\u0000"]])
        try await fixture.store.fail(
            session: session, unit: units[1].id, attempt: units[1].attempt, error: "HTTP 500: \0", delay: .seconds(30))
        #expect(try await fixture.text("SELECT last_error FROM nightshift.unit") == "HTTP 500: \u{FFFD}")
    }

    /// What can't be stored is told apart from a database in trouble, and what stands in for it closes the unit.
    @Test func aResultThatCannotBeStoredIsReplacedByMissingData() async throws {
        let fixture = try await StoreFixture.make(units: 2)
        let session = try await fixture.worker()
        let units = try await fixture.lease(session)
        var late = StoreFixture.result(units[0], 0)
        late.latencyMilliseconds = .max
        for bad in [late, StoreFixture.result(units[1], 1, score: .infinity)] {
            #expect(await storeErrorCode { _ = try await fixture.store.report(session: session, [bad]) } == .invalidData)
            #expect(try await fixture.store.report(session: session, [bad.unstorable("too large")]) == [bad.unit: .closed])
        }
        #expect(try await fixture.count("result WHERE outcome = 'metric_error' AND score IS NULL") == 2)
        #expect(try await fixture.store.metricError(study: fixture.study) == "too large")
    }

    /// What a call only waited for is kept beside its latency; a worker of an older release tells nothing of it.
    @Test func waitsAreKept() async throws {
        let fixture = try await StoreFixture.make(units: 2)
        let session = try await fixture.worker()
        let units = try await fixture.lease(session)
        var results = units.map { StoreFixture.result($0, $0.examples[0]) }
        results[0].waitedMilliseconds = 700
        #expect(UnitResult(kept: results[0].keptJSON) == results[0])
        _ = try await fixture.store.report(session: session, results)
        let waits = "SELECT string_agg(concat(latency_ms, '+', waited_ms), ' ' ORDER BY example) FROM nightshift.result"
        #expect(try await fixture.text(waits) == "5+700 5+0")
    }

    @Test func resultsKeepTheLeaseOfASlowUnit() async throws {
        let fixture = try await StoreFixture.make(units: 2, size: 2)
        let session = try await fixture.worker()
        let units = try await fixture.lease(session)
        try await fixture.passDueTimes()
        _ = try await fixture.store.report(session: session, [StoreFixture.result(units[0], 0)])
        // A stranger's report proves nothing of the holder.
        _ = try await fixture.store.report(session: UUID(), [StoreFixture.result(units[1], 2)])
        #expect(try await fixture.store.reap() == 1)
        #expect(try await fixture.store.held(session: session).map(\.unit) == [units[0].id])
    }
}
