import Foundation
import Hashing
import JSON
import Postgres
import Store
import TestSupport
import Testing

/// Every index costs at each write: one that nothing reads must go.
struct IndexTests {
    /// In a database as large as a team's, where the planner is free to choose, each index is read by something the program does. A
    /// unique one also keeps rows apart, so it needs no reader.
    @Test func everyIndexHasAReader() async throws {
        let fixture = try await StoreFixture.make()
        let corpus = try await fixture.loadCorpus()
        try await fixture.makeHistory()
        // One that nothing reads: the test would see it.
        try await fixture.run("CREATE INDEX unread ON nightshift.event (actor)")
        try await fixture.run("VACUUM ANALYZE")
        try await fixture.run("SELECT pg_stat_reset()")
        try await fixture.doWhatWorkersDo()
        try await fixture.doWhatCoordinatorsDo()
        try await fixture.doWhatPeopleDo(corpus)
        try await fixture.run("SELECT pg_stat_force_next_flush()")
        let unread = try await fixture.run(
            """
            SELECT s.indexrelname AS name FROM pg_stat_user_indexes s JOIN pg_index i USING (indexrelid)
             WHERE s.schemaname = 'nightshift' AND s.idx_scan = 0 AND NOT i.indisunique ORDER BY 1
            """
        ).map { try $0.text("name") }
        #expect(unread == ["unread"])
    }
}

extension StoreFixture {
    /// Of one in a hundred studies.
    private static let signature = String(repeating: "0", count: 63) + "a"

    /// Three thousand ended studies with what they leave.
    fileprivate func makeHistory() async throws {
        try await run(
            """
            INSERT INTO nightshift.study (id, team_id, name, fingerprint, spec, plan_version, state, finish_reason, result, created_at,
                                          started_at, finished_at, signature)
            SELECT lpad(to_hex(g), 16, '0'), 1, 'study ' || g % 300, repeat('0', 64), '{}', 1, 'finished', 'trials', '{}',
                   now() - g * interval '1 h', now() - g * interval '1 h', now() - g * interval '1 h', lpad(to_hex(g % 100), 64, '0')
              FROM generate_series(1, 3000) g
            """)
        let ended = "nightshift.study s CROSS JOIN generate_series(1, 20) g WHERE s.state = 'finished'"
        try await run("INSERT INTO nightshift.event (study_id, kind) SELECT s.study_id, 'study.led' FROM \(ended)")
        try await run(
            """
            INSERT INTO nightshift.candidate (study_id, candidate, state)
            SELECT s.study_id, lpad(to_hex(g), 16, '0'), '{}' FROM \(ended) AND g < 4
            """)
        try await run(
            """
            INSERT INTO nightshift.trial (study_id, number, candidate, params, provenance)
            SELECT s.study_id, g, lpad(to_hex(g), 16, '0'), '{}', 'test' FROM \(ended) AND g < 4
            """)
        try await run(
            """
            INSERT INTO nightshift.tally (study_id, stage, candidate, split, rollout, results)
            SELECT s.study_id, 'search', lpad(to_hex(g), 16, '0'), 'val', 0, 1 FROM \(ended)
            """)
        try await run(
            """
            INSERT INTO nightshift.spend (study_id, role, holder, calls)
            SELECT s.study_id, 'task', gen_random_uuid(), 1 FROM \(ended) AND g < 4
            """)
        try await run(
            """
            WITH made AS (
                INSERT INTO nightshift.dataset (team_id, sha256, size)
                SELECT 1, lpad(to_hex(g), 64, '0'), 1 FROM generate_series(1, 3000) g RETURNING dataset_id)
            INSERT INTO nightshift.study_split (study_id, split, dataset_id)
            SELECT s.study_id, x.split, d.dataset_id
              FROM (SELECT row_number() OVER () AS row, study_id FROM nightshift.study WHERE state = 'finished') s
              JOIN (SELECT row_number() OVER () AS row, dataset_id FROM made) d USING (row)
             CROSS JOIN (VALUES ('train'), ('val'), ('test')) AS x (split)
            """)
        try await run(
            """
            INSERT INTO nightshift.session (session, team_id, name, until)
            SELECT gen_random_uuid(), 1, 'worker', now() - interval '1 h' FROM generate_series(1, 2000)
            """)
        for decision in 0..<5 {
            let trial: JSON = [
                "number": .int(decision), "candidate": .string(Self.candidate), "params": [:], "provenance": "test",
            ]
            _ = try await decide(
                decision, trials: decision == 0 ? [trial] : [],
                units: Self.units(1000, decision: decision, first: decision * 1000, priority: decision % 2))
        }
    }

    fileprivate func loadCorpus() async throws -> String {
        let passages = (0..<3000).map { PassageRecord(text: "The town number \($0) lies at the river \($0 % 700).") }
        let hash = sha256("towns")
        try await store.load(corpus: hash, passages, name: "towns")
        return hash
    }

    fileprivate func doWhatWorkersDo() async throws {
        let (session, other) = (try await worker(), try await worker())
        let units = try await lease(session, examples: 20)
        _ = try await store.heartbeat(
            session: session, ttl: .seconds(60), held: units.map { ($0.id, $0.attempt) }, isDraining: false)
        _ = try await store.held(session: session)
        _ = try await store.report(session: session, units.prefix(10).flatMap(Self.results))
        try await store.release(session: session, units.suffix(5).map { ($0.id, $0.attempt) })
        try await store.fail(session: session, unit: units[10].id, attempt: 1, error: "503", delay: .zero)
        try await run("UPDATE nightshift.unit SET losses = 2 WHERE unit_id = $1", .int(units[19].id))
        _ = try await lease(other, examples: 20)
        _ = try await lease(session, examples: 20)
        try await store.signOff(session: other)
    }

    fileprivate func doWhatCoordinatorsDo() async throws {
        try await store.reap()
        _ = try await store.isComplete(study: study, decision: 0)
        try await run("UPDATE nightshift.tally_mark SET folded = '0' WHERE study_id = $1", .int(study))
        try await store.foldTallies()
        _ = try await store.queueHealth()
        let late = try await Self.submit(to: store, name: "late")
        let lead = try #require(try await store.lead(study: late, holder: UUID(), ttl: .seconds(60)))
        _ = try await store.sign(lead, signature: Self.signature)
        _ = try await store.earlierCandidates(of: late, atMost: 10)
        let (id, holder) = (try await store.spec(of: study).id, UUID())
        _ = try await store.drawBudget(
            holder: holder, word: 1, [SpendingDraw(study: id, role: "task", wanted: [1, 1, 1])], ttl: .zero)
        try await store.reap()
    }

    fileprivate func doWhatPeopleDo(_ corpus: String) async throws {
        _ = try await store.study(named: "study 7")
        _ = try await store.studyLines()
        _ = try await store.trials(of: study)
        _ = try await store.usage(of: study)
        _ = try await store.progress(of: study)
        _ = try await store.events(of: study, atMost: 10)
        _ = try await store.passages(of: corpus, matching: "town number 17", limit: 5)
        let ended = try await store.prunableStudies(olderThan: .seconds(2990 * 3600))
        try await store.prune(study: try #require(ended.first).number)
    }
}
