import Foundation
import JSON
import Postgres
import Store
import Testing

/// What the search leaves in the store: beliefs, usage, candidates for later studies, idleness.
struct SearchTests {
    private static let trial: JSON = ["number": 0, "candidate": "00000000000000aa", "params": [:], "provenance": "p"]

    /// A repetition stands where rollout 0 has no score; the mean has both.
    @Test func aTrialCountsWhatWasTriedAgain() async throws {
        let fixture = try await StoreFixture.make()
        _ = try await fixture.decide(0, trials: [Self.trial], units: StoreFixture.units(1, size: 4))
        let session = try await fixture.worker()
        var unit = try #require(try await fixture.lease(session).first)
        _ = try await fixture.store.report(
            session: session,
            [
                StoreFixture.result(unit, 0, score: 1), StoreFixture.result(unit, 1, score: 0),
                StoreFixture.result(unit, 2, .metricError, score: nil), StoreFixture.result(unit, 3, .metricError, score: nil),
            ])
        var trial = try #require(try await fixture.store.trials(of: fixture.study).first)
        #expect(trial.score == 0.5 && trial.examples == 2 && trial.errors == 2 && trial.state == "incomplete")
        let retry = UnitDraft(
            key: "retry/t0", ordinal: 0, priority: 0, kind: .evaluate, candidate: StoreFixture.candidate, split: "val",
            examples: [2, 3], rollout: 1)
        _ = try await fixture.decide(1, units: [retry])
        unit = try #require(try await fixture.lease(session).first)
        _ = try await fixture.store.report(
            session: session, [StoreFixture.result(unit, 2, score: 1), StoreFixture.result(unit, 3, .metricError, score: nil)])
        trial = try #require(try await fixture.store.trials(of: fixture.study).first)
        #expect(trial.score == 2.0 / 3 && trial.examples == 3 && trial.errors == 1 && trial.calls == 6)
        let details = try await fixture.store.resultDetails(study: fixture.study, candidate: StoreFixture.candidate, split: "val")
        #expect(details.map(\.score) == [1, 0, 1, nil])
    }

    @Test func beliefsReplaceEachOtherAndAreFenced() async throws {
        let fixture = try await StoreFixture.make()
        _ = try await fixture.decide(0, trials: [Self.trial], units: [])
        func belief() async throws -> [Double?] {
            let trial = try #require(try await fixture.store.trials(of: fixture.study).first)
            return [trial.posterior, trial.deviation]
        }
        #expect(try await belief() == [nil, nil])
        try await fixture.store.believe(fixture.term, [BeliefDraft(trial: 0, mean: 0.5, deviation: 0.1)], decision: 1)
        #expect(try await belief() == [0.5, 0.1])
        try await fixture.store.believe(fixture.term, [BeliefDraft(trial: 0, mean: 0.7, deviation: 0.05)], decision: 2)
        #expect(try await belief() == [0.7, 0.05])
        let stranger = Term(study: fixture.study, holder: UUID(), number: fixture.term.number)
        #expect(
            await storeErrorCode {
                try await fixture.store.believe(stranger, [BeliefDraft(trial: 0, mean: 0, deviation: 0)], decision: 3)
            } == .notLeader)
        #expect(try await belief() == [0.7, 0.05])
    }

    @Test func usageIsToldByPieceAndRole() async throws {
        let fixture = try await StoreFixture.make(units: 1, size: 5)
        let session = try await fixture.worker()
        let unit = try #require(try await fixture.lease(session).first)
        _ = try await fixture.store.report(session: session, StoreFixture.results(unit))
        _ = try await fixture.decide(
            1, units: [UnitDraft(key: "propose/a", ordinal: 0, priority: 0, kind: .propose, payload: ["ask": "a"])])
        let proposal = try #require(try await fixture.lease(session).first)
        _ = try await fixture.store.report(
            session: session,
            [
                UnitResult(
                    unit: proposal.id, content: .proposal(outputs: ["x": "y"], error: nil),
                    usage: ["prompt": ["calls": 2, "prompt_tokens": 7, "completion_tokens": 5]], latencyMilliseconds: 1)
            ])
        let works: [SpentWork] = [
            .results(candidate: StoreFixture.candidate, split: "val", rollout: 0, examples: [1, 3]),
            .results(candidate: StoreFixture.candidate, split: "test", rollout: 0, examples: [1]),
            .proposals(keys: ["propose/a", "propose/b"]),
        ]
        #expect(
            try await fixture.store.usage(study: fixture.study, of: works) == [
                [RoleUsage(role: "task", calls: 2, promptTokens: 40, completionTokens: 6)], [],
                [RoleUsage(role: "prompt", calls: 2, promptTokens: 7, completionTokens: 5)],
            ])
    }

    @Test func theAllowanceFollowsTheStudysText() async throws {
        let fixture = try await StoreFixture.make()
        #expect(try await fixture.store.allowance(of: fixture.study).budget == .null)
        try await fixture.store.update(study: fixture.study, spec: ["budget": ["lm_calls": 7]])
        let allowance = try await fixture.store.allowance(of: fixture.study)
        #expect(allowance.budget == ["lm_calls": 7] && allowance.elapsedSeconds > 0)
    }

    /// Winners first, then full trials by score; never the uncompiled program, another signature's or an unfinished study's.
    @Test func earlierStudiesOfferTheirBest() async throws {
        let fixture = try await StoreFixture.make()
        let signature = String(repeating: "a", count: 64)
        try await fixture.finishStudy(name: "one", signature: signature, scores: [0: 1, 1: 0.2, 2: 0.6, 3: 0.4], winner: 1)
        try await fixture.finishStudy(
            name: "other", signature: String(repeating: "b", count: 64), scores: [0: 0, 1: 1], winner: 1)
        try await fixture.finishStudy(name: "open", signature: signature, scores: [0: 0, 1: 1], winner: nil)
        let late = try await StoreFixture.submit(to: fixture.store, name: "late", seed: "late")
        let term = try #require(try await fixture.store.lead(study: late, holder: UUID(), ttl: .seconds(60)))
        #expect(try await fixture.store.sign(term, signature: signature) == nil)
        let found = try await fixture.store.earlierCandidates(of: late, atMost: 10)
        #expect(found.map(\.trial) == [1, 2, 3] && found.allSatisfy { $0.name == "one" && $0.examples == 5 })
        #expect(found.map(\.score) == [0.2, 0.6, 0.4])
        #expect(try await fixture.store.earlierCandidates(of: late, atMost: 2).count == 2)
        // The first choice stands, whoever chooses again.
        #expect(try await fixture.store.choose(term, earlier: ["first"]) == ["first"])
        #expect(try await fixture.store.choose(term, earlier: ["second"]) == ["first"])
        #expect(try await fixture.store.sign(term, signature: signature) == ["first"])
    }

    @Test func anotherTeamsStudiesStayItsOwn() async throws {
        let fixture = try await StoreFixture.make()
        let signature = String(repeating: "a", count: 64)
        try await fixture.finishStudy(name: "one", signature: signature, scores: [0: 0, 1: 0.6], winner: 1)
        try await fixture.run("INSERT INTO nightshift.team (name) VALUES ('others')")
        try await fixture.run(
            "UPDATE nightshift.study SET team_id = (SELECT team_id FROM nightshift.team WHERE name = 'others') WHERE name = 'one'"
        )
        let late = try await StoreFixture.submit(to: fixture.store, name: "late", seed: "late")
        let term = try #require(try await fixture.store.lead(study: late, holder: UUID(), ttl: .seconds(60)))
        _ = try await fixture.store.sign(term, signature: signature)
        #expect(try await fixture.store.earlierCandidates(of: late, atMost: 10).isEmpty)
    }

    /// Two slots over ten seconds: one is busy for five of them, for two seconds both are.
    @Test func idlenessIsWhatNoRunCovers() async throws {
        let fixture = try await StoreFixture.make(units: 3)
        #expect(try await fixture.store.searchIdleness(of: fixture.study, slots: 2) == nil)
        try await fixture.run("UPDATE nightshift.decision SET created_at = '2026-01-01 00:00:00+00'")
        // A run that waits for a limit has its slot all the while.
        for (example, latency, waited, at) in [
            (0, 1000, 4000, "00:00:05"), (1, 2000, 0, "00:00:05"), (2, 3000, 0, "00:00:10"), (3, 0, 0, "00:00:11"),
        ] {
            try await fixture.run(
                """
                INSERT INTO nightshift.result
                       (study_id, candidate, split, example, outcome, score, latency_ms, waited_ms, stage, at)
                VALUES (\(fixture.study), '\(StoreFixture.candidate)', 'val', \(example), 'scored', 1, \(latency), \(waited),
                        '\(example == 3 ? "test" : "search")', '2026-01-01 \(at)+00')
                """)
        }
        let idle = try #require(try await fixture.store.searchIdleness(of: fixture.study, slots: 2))
        #expect(abs(idle - 0.5) < 1e-6)
        #expect(abs(try #require(try await fixture.store.searchIdleness(of: fixture.study, slots: 1)) - 0.2) < 1e-6)
    }

    /// Ten seconds of search: three runs are asked for, of which one ends after four and two after ten, and a call from two to eight.
    @Test func whatIsAskedForHoldsSlots() async throws {
        let fixture = try await StoreFixture.make(units: 3)
        #expect(try await fixture.store.slotsHeld(by: fixture.study, of: 2) == nil)
        try await fixture.run("DELETE FROM nightshift.decision")
        let candidate = StoreFixture.candidate
        func rows(_ split: String, _ fresh: String) -> String {
            #"{"candidate": "\#(candidate)", "split": "\#(split)", "block": [1, 4, 5, 6], "fresh": \#(fresh)}"#
        }
        for (number, stage, work, from) in [
            (0, "search", rows("val", "[4, 5, 6]"), "00:00:00"),
            (1, "propose", #"{"calls": [{"key": "i1"}]}"#, "00:00:02"),
            (2, "test", rows("test", "[0]"), "00:00:10"),
        ] {
            try await fixture.run(
                """
                INSERT INTO nightshift.decision (study_id, number, key, stage, body, units, term, created_at)
                VALUES (\(fixture.study), \(number), 'd\(number)', '\(stage)', '{"work": \(work)}', 1, 1, '2026-01-01 \(from)+00')
                """)
        }
        for (split, example, at) in [("val", 4, "04"), ("val", 5, "10"), ("val", 6, "10"), ("test", 0, "12")] {
            try await fixture.run(
                """
                INSERT INTO nightshift.result (study_id, candidate, split, example, outcome, score, latency_ms, stage, at)
                VALUES (\(fixture.study), '\(candidate)', '\(split)', \(example), 'scored', 1, 5,
                        '\(split == "test" ? "test" : "search")', '2026-01-01 00:00:\(at)+00')
                """)
        }
        try await fixture.run(
            """
            INSERT INTO nightshift.proposal (study_id, key, outputs, at)
            VALUES (\(fixture.study), 'propose/i1', '{}', '2026-01-01 00:00:08+00')
            """)
        for (slots, held) in [(64, 3.0), (3, 2.8), (1, 1)] {
            let mean = try #require(try await fixture.store.slotsHeld(by: fixture.study, of: slots))
            #expect(abs(mean - held) < 1e-6, "\(mean) of \(slots)")
        }
    }

    @Test func slotsAreThoseOfWorkersThatServeTheStudy() async throws {
        let fixture = try await StoreFixture.make()
        #expect(try await fixture.store.slots(of: fixture.study) == 0)
        func register(_ info: JSONObject) async throws -> UUID {
            let session = UUID()
            try await fixture.store.register(session: session, name: "w", info: .object(info), ttl: .seconds(60))
            return session
        }
        _ = try await register(["concurrency": 8])
        _ = try await register(["concurrency": 4, "study": .int(fixture.study)])
        _ = try await register(["concurrency": 100, "study": .int(fixture.study + 1)])
        try await fixture.expire(try await register(["concurrency": 16]))
        #expect(try await fixture.store.slots(of: fixture.study) == 12)
    }

    /// A worker that was killed stays alive in the database for a while: its slots are gone before.
    @Test func aSilentWorkerHasNoSlots() async throws {
        let fixture = try await StoreFixture.make()
        let session = UUID()
        try await fixture.store.register(session: session, name: "w", info: ["concurrency": 8], ttl: .seconds(60))
        /// As if it had been heard of last so long ago.
        func slots(after seconds: Int) async throws -> Int {
            try await fixture.run(
                """
                UPDATE nightshift.session SET until = until - seen + x.at, seen = x.at
                  FROM (SELECT clock_timestamp() - $1 * interval '1 s' AS at) x
                """, .int(seconds))
            return try await fixture.store.slots(of: fixture.study)
        }
        // A heartbeat each 20 s is in time.
        #expect(try await slots(after: 21) == 8)
        #expect(try await slots(after: 31) == 0)
        _ = try await fixture.store.heartbeat(session: session, ttl: .seconds(60), held: [], isDraining: false)
        #expect(try await fixture.store.slots(of: fixture.study) == 8)
        #expect(try await slots(after: 31) == 0)
        // Nobody was heard of while the database was away.
        try await fixture.run("UPDATE nightshift.session SET forgiven = true, until = clock_timestamp() + interval '10 s'")
        #expect(try await fixture.store.slots(of: fixture.study) == 8)
    }
}

extension StoreFixture {
    /// A study of five validation examples with trials of the given means; finished where it has a winner.
    func finishStudy(name: String, signature: String, scores: [Int: Double], winner: Int?) async throws {
        let study = try await Self.submit(to: store, name: name, seed: name)
        let term = try #require(try await store.lead(study: study, holder: UUID(), ttl: .seconds(60)))
        try await store.start(term)
        _ = try await store.sign(term, signature: signature)
        for (number, score) in scores.sorted(by: { $0.key < $1.key }) {
            let candidate = "000000000000000\(number)"
            _ = try await store.decide(
                term, DecisionRecord(number: number, key: "d\(number)", stage: "search", body: [:]),
                candidates: [["id": .string(candidate), "state": ["answer": ["instructions": "i", "demos": []]]]],
                trials: [["number": .int(number), "candidate": .string(candidate), "params": [:], "provenance": "p"]], units: [])
            for example in 0..<5 {
                try await run(
                    """
                    INSERT INTO nightshift.result (study_id, candidate, split, example, outcome, score, stage)
                    VALUES (\(study), '\(candidate)', 'val', \(example), 'scored', \(Double(example) < score * 5 - 1e-9 ? 1 : 0), 'search')
                    """)
            }
        }
        guard let winner else { return }
        try await store.finish(
            term, state: "finished", reason: "trials", message: nil, result: ["best": ["trial": .int(winner)]])
    }
}
