import Foundation
import JSON
import Postgres
import Store
import Testing

/// What is asked for by key reads what it asks for, in a database whose tables the planner knows nothing of as in any other: there
/// it believes that a candidate has one result, and a team one study.
struct LookupTests {
    private static let many = 3000

    /// How many rows of a table one statement fetches.
    private func fetched(_ fixture: StoreFixture, _ table: String, by call: String) async throws -> Int {
        try await counted(
            fixture,
            "seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relid = 'nightshift.\(table)'::regclass",
            by: call)
    }

    /// What the server has counted of one statement.
    private func counted(_ fixture: StoreFixture, _ counter: String, by call: String) async throws -> Int {
        // What earlier statements counted is handed in at the end of this one.
        try await fixture.run("SELECT pg_stat_force_next_flush()")
        let row = try await fixture.run(
            """
            WITH called AS MATERIALIZED (SELECT count(*) AS rows FROM \(call))
            SELECT (SELECT \(counter) AND c.rows >= 0) AS counted FROM called c
            """
        ).first
        return try #require(row).int("counted")
    }

    @Test func cachedAnswers() async throws {
        let fixture = try await StoreFixture.make()
        func keys(_ range: Range<Int>) -> [String] { range.map { String(format: "%064x", $0) } }
        try await fixture.store.keep(
            keys(0..<Self.many).map {
                (
                    AnswerRecord(key: $0, answer: "{}", promptTokens: 1, completionTokens: 1),
                    AnswerSource(endpoint: "e", model: "m", role: "task", study: "s")
                )
            })
        let wanted = keys(Self.many - 5..<Self.many + 5)
        #expect(Set(try await fixture.store.cachedAnswers(wanted).map(\.key)) == Set(wanted.prefix(5)))
        let list = wanted.map { "'\\x\($0)'::bytea" }.joined(separator: ",")
        #expect(try await fetched(fixture, "answer", by: "nightshift.cache_find(ARRAY[\(list)])") <= 2 * 5)
    }

    @Test func results() async throws {
        let fixture = try await StoreFixture.make(units: 2, size: 4)
        try await fixture.fillResults(from: 1000, count: Self.many)
        let block = "nightshift.run_outcome(\(fixture.study), '\(StoreFixture.candidate)', 'val', 0, ARRAY[1001, 1003, 1], false)"
        #expect(try await fetched(fixture, "result", by: block) == 2)
        // A unit that is reported in part, and what is left of it when it comes back.
        let session = try await fixture.worker()
        let unit = try #require(try await fixture.lease(session, examples: 4).first)
        let report = """
            nightshift.report('\(session)', '[{"unit": \(unit.id), "example": \(unit.examples[0]), "outcome": "scored", "score": 1}]')
            """
        #expect(try await fetched(fixture, "result", by: report) <= 4)
        let open = "(SELECT nightshift.open_examples(u) FROM nightshift.unit u WHERE u.unit_id = \(unit.id)) o"
        #expect(try await fetched(fixture, "result", by: open) <= 4)
    }

    @Test func rowsOfASplit() async throws {
        let fixture = try await StoreFixture.make()
        let rows = "nightshift.examples(\(fixture.study), 'val', ARRAY[3, 7, 1000])"
        #expect(try await fetched(fixture, "example", by: rows) == 2)
    }

    @Test func aReportAsksForItsOwnStudiesOnly() async throws {
        let fixture = try await StoreFixture.make(units: 1)
        for number in 0..<50 { _ = try await StoreFixture.submit(to: fixture.store, name: "other\(number)") }
        let session = try await fixture.worker()
        let unit = try #require(try await fixture.lease(session).first)
        let report = """
            nightshift.report('\(session)', '[{"unit": \(unit.id), "example": \(unit.examples[0]), "outcome": "scored", "score": 1}]')
            """
        try await fixture.run("SET track_functions = 'all'")
        let calls = "calls FROM pg_stat_xact_user_functions WHERE schemaname || funcname = 'nightshiftmy_team'"
        #expect(try await counted(fixture, calls, by: report) == 1)
    }
}

extension StoreFixture {
    /// Results of a candidate, behind the workers' back.
    fileprivate func fillResults(from first: Int, count: Int) async throws {
        try await run(
            """
            INSERT INTO nightshift.result (study_id, candidate, split, example, rollout, outcome, score, detail, usage, latency_ms, stage)
            SELECT $1::bigint, '\(Self.candidate)', 'val', g, 0, 'scored', 1, '{}', '{}', 1, 'search'
              FROM generate_series($2::int, $2::int + $3::int - 1) g
            """, .int(study), .int(first), .int(count))
    }
}
