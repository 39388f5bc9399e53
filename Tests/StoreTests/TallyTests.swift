import Foundation
import JSON
import Migrations
import Postgres
import Randomness
import Store
import Testing

/// The counters of results: whatever happens, they are what the results say.
struct TallyTests {
    private func problems(_ fixture: StoreFixture) async throws -> Int { try await fixture.count("check_tally()") }

    @Test func countersEqualTheRowsBeforeAndAfterFolding() async throws {
        let fixture = try await StoreFixture.make(units: 60)
        let session = try await fixture.worker()
        var random = KeyedGenerator(seed: 3, purpose: "scores", index: 0)
        for round in 0..<60 {
            let units = try await fixture.lease(session, examples: 1)
            let results = units.flatMap { unit in
                unit.examples.map { example in
                    example % 7 == 0
                        ? StoreFixture.result(unit, example, .metricError, score: nil)
                        : StoreFixture.result(unit, example, score: Double.random(in: 0...1, using: &random))
                }
            }
            // Repeats count once.
            for _ in 0..<2 { _ = try await fixture.store.report(session: session, results) }
            if round % 20 == 10 { try await fixture.run("SELECT nightshift.fold_tally($1)", .int(fixture.study)) }
            if round % 20 > 8 { #expect(try await problems(fixture) == 0, "round \(round)") }
        }
        #expect(try await fixture.text("SELECT sum(results) FROM nightshift.tally") == "60")
        try await fixture.run("SELECT nightshift.fold_tally($1)", .int(fixture.study))
        #expect(try await fixture.count("tally") == 2, "a row of results, one of the role")
        let usage = try await fixture.store.usage(of: fixture.study)
        #expect(usage.count == 1 && usage[0].calls == 60 && usage[0].attempts == 120 && usage[0].promptTokens == 1200)
        let stage = try await fixture.store.progress(of: fixture.study)
        #expect(stage.count == 1 && stage[0].done == 60 && stage[0].open == 0)
    }

    /// Proposals and units that are set aside are counted, too.
    @Test func whateverInsertsIsCounted() async throws {
        let fixture = try await StoreFixture.make(units: 2)
        let draft = UnitDraft(key: "propose/1", ordinal: 0, priority: 0, kind: .propose, payload: [:])
        _ = try await fixture.decide(1, units: [draft])
        let session = try await fixture.worker()
        let units = try await fixture.lease(session)
        let proposal = try #require(units.first { $0.kind == .propose })
        _ = try await fixture.store.report(
            session: session,
            [
                UnitResult(
                    unit: proposal.id, content: .proposal(outputs: ["a": "b"], error: nil),
                    usage: ["prompt": ["calls": 3], "task": ["calls": 1, "prompt_tokens": 5]], latencyMilliseconds: 1)
            ])
        try await fixture.run("SELECT nightshift.set_aside($1, 'gone')", .int(units[0].id))
        #expect(try await problems(fixture) == 0)
        #expect(try await fixture.text("SELECT sum(failed) FROM nightshift.tally") == "1")
        let usage = try await fixture.store.usage(of: fixture.study)
        #expect(usage.map(\.role) == ["prompt", "task"] && usage.map(\.calls) == [3, 1] && usage[1].promptTokens == 5)
    }

    /// The sum of scores does not depend on the order in which they came.
    @Test func theMeanIsTheSameInAnyOrder() async throws {
        var scores: [Double?] = []
        for order in [Array(0..<40), Array((0..<40).reversed())] {
            let fixture = try await StoreFixture.make()
            _ = try await fixture.decide(
                0,
                trials: [["number": 0, "candidate": .string(StoreFixture.candidate), "params": [:], "provenance": "baseline"]],
                units: StoreFixture.units(1, size: 40))
            let session = try await fixture.worker()
            let unit = try #require(try await fixture.lease(session).first)
            for example in order {
                let score = 1 / Double(example + 3)
                _ = try await fixture.store.report(session: session, [StoreFixture.result(unit, example, score: score)])
            }
            scores.append(try await fixture.store.trials(of: fixture.study).first?.score)
        }
        #expect(scores[0] != nil && scores[0] == scores[1])
    }

    /// Reports and folds at once, by many connections; readers see every result once at any moment.
    @Test func foldingNeverLosesWhatIsReportedMeanwhile() async throws {
        let fixture = try await StoreFixture.make()
        for decision in 0..<4 {
            _ = try await fixture.decide(decision, units: StoreFixture.units(60, decision: decision, first: decision * 60))
        }
        try await withThrowingDiscardingTaskGroup { group in
            for worker in 0..<6 {
                group.addTask {
                    let store = try fixture.anotherStore()
                    let session = try await fixture.worker()
                    while true {
                        if worker < 2 {
                            _ = try await store.database.call("SELECT nightshift.fold_tally($1)", [.int(fixture.study)])
                            let row = try #require(
                                try await store.database.call("SELECT count(*) AS problems FROM nightshift.check_tally()").first)
                            #expect(try row.int("problems") == 0)
                            if try await fixture.count("unit") == 0 { return }
                        } else {
                            let units = try await store.lease(session: session, examples: 2, study: nil, ttl: .seconds(60))
                            guard !units.isEmpty else { return }
                            _ = try await store.report(session: session, units.flatMap(StoreFixture.results))
                        }
                    }
                }
            }
        }
        #expect(try await problems(fixture) == 0)
        #expect(try await fixture.store.progress(of: fixture.study).map(\.done) == [240])
    }

    /// A coordinator folds what has grown, and reads no row that was folded though a transaction still sees it.
    @Test func aLongTransactionDoesNotMakeReadersSlow() async throws {
        let fixture = try await StoreFixture.make()
        let long = try await LongTransaction.begin(at: PostgresAddress(url: fixture.url))
        for decision in 0..<5 {
            _ = try await fixture.decide(decision, units: StoreFixture.units(60, decision: decision, first: decision * 60))
        }
        let session = try await fixture.worker()
        var folds = 0
        for _ in 0..<300 {
            let units = try await fixture.lease(session, examples: 1)
            _ = try await fixture.store.report(session: session, units.flatMap(StoreFixture.results))
            folds += try await fixture.store.foldTallies()
        }
        #expect(folds > 0 && folds < 10)
        #expect(try await problems(fixture) == 0)
        try await fixture.run("SELECT nightshift.fold_tally($1)", .int(fixture.study))
        try await fixture.run("SELECT nightshift.fold_tally($1)", .int(fixture.study))
        // The rows before the mark are still on the disk. Who looks from the mark on walks over one row of each kind, not over them.
        let plan = try await fixture.run(
            """
            EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF, FORMAT JSON)
            SELECT * FROM nightshift.usage_overview WHERE study_id = \(fixture.study)
            """)
        let blocks = try JSON(parsing: plan[0].text("QUERY PLAN"))[0]?["Plan"]?["Shared Hit Blocks"]?.intValue
        let size = try await fixture.text("pg_relation_size('nightshift.tally') / 8192")
        #expect(try #require(blocks) < 40, "\(plan)")
        #expect(try #require(size.flatMap { Int($0) }) > 5)
        await long.end()
    }

    /// In a restored dump the numbers of transactions begin anew: no mark of the old server hides a row of the new one.
    @Test func aRestoredDumpCountsOn() async throws {
        let fixture = try await StoreFixture.make(units: 10)
        let session = try await fixture.worker()
        let units = try await fixture.lease(session)
        _ = try await fixture.store.report(session: session, units.prefix(4).flatMap(StoreFixture.results))
        try await fixture.run("UPDATE nightshift.tally SET written = '9000000000000'")
        try await fixture.run("UPDATE nightshift.tally_mark SET mark = '8999999999999', folded = '9000000000000'")
        _ = try await fixture.store.report(session: session, units.suffix(6).flatMap(StoreFixture.results))
        #expect(try await problems(fixture) == 0)
        #expect(try await fixture.store.foldTallies() == 1)
        #expect(try await problems(fixture) == 0)
        #expect(try await fixture.count("tally_mark WHERE mark < '9000000'") == 1)
    }

    @Test func theCheckFindsACounterThatIsWrong() async throws {
        let fixture = try await StoreFixture.make(units: 3)
        let session = try await fixture.worker()
        _ = try await fixture.store.report(session: session, try await fixture.lease(session).flatMap(StoreFixture.results))
        #expect(try await problems(fixture) == 0)
        try await fixture.run("UPDATE nightshift.tally SET calls = calls + 1 WHERE role = 'task'")
        #expect(try await problems(fixture) == 1)
        let findings = try await fixture.store.checkup()
        #expect(findings.contains { $0.subject == "integrity" && $0.level == .problem && $0.text.contains("counter") })
    }

    /// Results from before the counters are counted by the migration.
    @Test func theMigrationCountsWhatThereIs() async throws {
        let fixture = try await StoreFixture.make(units: 3)
        let session = try await fixture.worker()
        _ = try await fixture.store.report(session: session, try await fixture.lease(session).flatMap(StoreFixture.results))
        let before = try await fixture.store.usage(of: fixture.study)
        try await fixture.run("DELETE FROM nightshift.tally")
        #expect(try await problems(fixture) == 1)
        try await fixture.run(
            """
            INSERT INTO nightshift.tally (study_id, stage, candidate, split, rollout, role, results, scored, failed, score, calls, attempts,
                                          cached, prompt_tokens, completion_tokens, ended_at) SELECT * FROM nightshift.recount
            """)
        #expect(try await problems(fixture) == 0)
        #expect(try await fixture.store.usage(of: fixture.study) == before)
    }

    @Test func aPrunedStudyHasNoCounters() async throws {
        let fixture = try await StoreFixture.make(units: 3)
        let session = try await fixture.worker()
        _ = try await fixture.store.report(session: session, try await fixture.lease(session).flatMap(StoreFixture.results))
        try await fixture.store.steer(study: fixture.study, "cancel")
        try await fixture.store.prune(study: fixture.study)
        for table in ["tally", "tally_mark"] { #expect(try await fixture.count(table) == 0, "\(table)") }
    }
}
