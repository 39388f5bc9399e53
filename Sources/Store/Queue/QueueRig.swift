package import JSON
package import Postgres

/// A queue to measure: one running study whose units hold one example each, refilled ahead of whoever leases.
///
/// Only `bench queue` uses it, on a database of its own.
package struct QueueRig: Sendable {
    /// What every result carries beside its key: 300 bytes of detail.
    package static let detail: JSON = ["prediction": .string(String(repeating: "x", count: 282))]
    package static let usage: JSON = [
        "task": ["calls": 1, "attempts": 1, "cached": 0, "prompt_tokens": 200, "completion_tokens": 30]
    ]

    private static let candidate = "00000000000000aa"
    private static let unitsPerDecision = 10_000

    package let store: Store
    package let term: Term
    private var decisions = 0

    package init(store: Store, term: Term) {
        self.store = store
        self.term = term
    }

    /// Writes the results of `count` units as if they had been run, and lets the planner know the tables' sizes.
    package mutating func finish(_ count: Int) async throws(StoreError) {
        guard count > 0 else { return }
        for first in stride(from: 0, to: count, by: 100_000) {
            _ = try await store.call(
                """
                INSERT INTO nightshift.result (study_id, candidate, split, example, outcome, score, detail, usage, latency_ms, stage)
                SELECT $1, $2, 'val', g, 'scored', 1, $5, $6, 5, 'search' FROM generate_series($3::int, $4::int - 1) AS g
                """, .int(term.study), .text(Self.candidate), .int(first), .int(min(count, first + 100_000)), .json(Self.detail),
                .json(Self.usage))
        }
        // Their examples are not given out again.
        decisions = (count + Self.unitsPerDecision - 1) / Self.unitsPerDecision
        for number in 0..<decisions { _ = try await decide(number, units: []) }
        _ = try await store.call("VACUUM (ANALYZE) nightshift.result")
    }

    /// Adds decisions until about `count` units are ready.
    package mutating func refill(to count: Int) async throws(StoreError) {
        var ready = try await readyUnits()
        while ready < count, !Task.isCancelled {
            let (number, first) = (decisions, decisions * Self.unitsPerDecision)
            let units = (0..<Self.unitsPerDecision).map { ordinal in
                UnitDraft(
                    key: "evaluate/d\(number)/s\(ordinal)", ordinal: ordinal, priority: 0, kind: .evaluate,
                    candidate: Self.candidate, split: "val", examples: [first + ordinal])
            }
            _ = try await decide(number, units: units)
            decisions += 1
            ready += units.count
        }
    }

    private func decide(_ number: Int, units: [UnitDraft]) async throws(StoreError) -> Bool {
        try await store.decide(
            term, DecisionRecord(number: number, key: "evaluate/d\(number)", stage: "search", body: [:]),
            candidates: [["id": .string(Self.candidate), "state": [:]]], trials: [], units: units)
    }

    /// How many units wait, up to what was leased since the lane's mark was moved: counting them would be work for the server.
    private func readyUnits() async throws(StoreError) -> Int {
        let row = try await store.one(
            """
            SELECT coalesce((SELECT u.unit_id FROM nightshift.unit u ORDER BY u.unit_id DESC LIMIT 1)
                            - (SELECT greatest(l.head, (SELECT min(u.unit_id) FROM nightshift.unit u WHERE u.unit_id > l.head))
                                 FROM nightshift.lane l WHERE l.study_id = $1), 0) AS units
            """, .int(term.study))
        return try decoded { () throws(PostgresError) in try row.int("units") }
    }

    /// How many results there are.
    package func finishedUnits() async throws(StoreError) -> Int {
        let row = try await store.one("SELECT count(*) AS units FROM nightshift.result")
        return try decoded { () throws(PostgresError) in try row.int("units") }
    }

    // MARK: The peer

    /// The session of pgbench's client `number`.
    package static func pgbenchSession(_ number: Int) -> String { "00000000-0000-4000-8000-\(String(100_000_000_000 + number))" }

    /// pgbench's script: what a worker does, lease and report in turn, by the same functions. The texts are sent with each call;
    /// the results' JSON is put together by the server, since pgbench can't.
    package static let pgbenchScript = """
        SELECT coalesce(array_agg(unit_id), '{}')::text AS units, coalesce(array_agg(examples[1]), '{}')::text AS examples \
        FROM nightshift.lease(('00000000-0000-4000-8000-' || (100000000000 + :client_id))::uuid, :batch, NULL, 300) \\gset
        SELECT count(*) AS reported FROM nightshift.report(('00000000-0000-4000-8000-' || (100000000000 + :client_id))::uuid, \
        (SELECT coalesce(json_agg(json_build_object('unit', u, 'example', e, 'outcome', 'scored', 'score', 1, \
        'detail', (:detail::text)::json, 'usage', (:usage::text)::json, 'latency_ms', 5)), '[]') \
        FROM unnest((:units::text)::bigint[], (:examples::text)::int[]) AS x (u, e))) \\gset

        """
}

/// A transaction that sees the database as it was when it began, and so keeps the server from removing what dies meanwhile.
package struct LongTransaction: Sendable {
    private let connection: PostgresConnection

    package static func begin(at address: PostgresAddress) async throws(StoreError) -> LongTransaction {
        do throws(PostgresError) {
            let connection = try await PostgresConnection.connect(address, mode: .simple)
            try await connection.execute(script: "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM nightshift.team;")
            return LongTransaction(connection: connection)
        } catch { throw StoreError(error) }
    }

    package func end() async { await connection.close() }
}
