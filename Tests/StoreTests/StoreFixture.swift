import Foundation
import Hashing
import JSON
import Postgres
import Store
import TestSupport
import Testing

/// A fresh database with one running study, which the test leads.
struct StoreFixture {
    static let candidate = "00000000000000aa"
    static let rowCount = 60

    let url: String
    let database: Database
    let store: Store
    let study: Int
    let term: Term

    /// - Parameters:
    ///   - units: how many units decision 0 has, each of `size` examples of val; none: no decision is made.
    static func make(units: Int = 0, size: Int = 1) async throws -> StoreFixture {
        let url = try await migratedDatabase()
        let database = try Database(address: PostgresAddress(url: url), patience: .endless)
        let store = Store(database)
        let study = try await submit(to: store)
        let term = try #require(try await store.lead(study: study, holder: UUID(), ttl: .seconds(60)))
        try await store.start(term)
        let fixture = StoreFixture(url: url, database: database, store: store, study: study, term: term)
        if units > 0 { _ = try await fixture.decide(0, units: Self.units(units, size: size)) }
        return fixture
    }

    static func migratedDatabase(_ cluster: TestCluster = .shared) async throws -> String {
        try await cluster.makeDatabase("migrated") { _ = try await Migrator.migrate(PostgresAddress(url: $0)) }
    }

    static func submit(to store: Store, name: String = "study", seed: String = "") async throws -> Int {
        let rows: [JSONObject] = (0..<rowCount).map { ["question": .string("\(seed)\($0)"), "answer": .int($0)] }
        return try await store.submit(
            id: String(sha256(UUID().uuidString).prefix(16)), name: name, fingerprint: sha256(name + seed),
            spec: ["name": .string(name)],
            planVersion: 1,
            splits: ["train", "val", "test"].map { Store.SplitRows(split: $0, sha256: sha256("\(seed)\($0)"), rows: rows) })
    }

    // MARK: Decisions

    /// Consecutive slices of val, from example `first` on.
    static func units(_ count: Int, size: Int = 1, decision: Int = 0, first: Int = 0, priority: Int = 0) -> [UnitDraft] {
        (0..<count).map { ordinal in
            UnitDraft(
                key: "evaluate/d\(decision)/s\(ordinal)", ordinal: ordinal, priority: priority, kind: .evaluate,
                candidate: candidate,
                split: "val", examples: (0..<size).map { first + ordinal * size + $0 })
        }
    }

    func decide(_ number: Int, trials: [JSON] = [], units: [UnitDraft], by term: Term? = nil) async throws -> Bool {
        try await store.decide(
            term ?? self.term,
            DecisionRecord(number: number, key: "decision/\(number)", stage: "search", body: ["number": .int(number)]),
            candidates: [["id": .string(Self.candidate), "state": ["predict": [:]]]], trials: trials, units: units)
    }

    // MARK: Workers

    /// A second connection, for calls that are to run at the same time.
    func anotherStore() throws -> Store {
        Store(try Database(address: PostgresAddress(url: url), patience: .endless))
    }

    func worker(pid: Int = 0) async throws -> UUID {
        let session = UUID()
        try await store.register(session: session, name: "worker", info: ["host": "here", "pid": .int(pid)], ttl: .seconds(60))
        return session
    }

    func lease(_ session: UUID, examples: Int = 1000) async throws -> [LeasedUnit] {
        try await store.lease(session: session, examples: examples, study: nil, ttl: .seconds(60))
    }

    static func result(_ unit: LeasedUnit, _ example: Int, _ outcome: UnitResult.Outcome = .scored, score: Double? = 1)
        -> UnitResult
    {
        UnitResult(
            unit: unit.id, content: .example(example, outcome, score: score, detail: ["of": .int(example)]),
            usage: ["task": ["calls": 1, "attempts": 2, "cached": 0, "prompt_tokens": 20, "completion_tokens": 3]],
            latencyMilliseconds: 5)
    }

    static func results(_ unit: LeasedUnit) -> [UnitResult] { unit.examples.map { result(unit, $0) } }

    // MARK: Time, and a look behind the functions

    /// Lets the session expire now.
    func expire(_ session: UUID) async throws {
        try await run(
            "UPDATE nightshift.session SET until = clock_timestamp() - interval '1 s' WHERE session = $1",
            .text(session.uuidString))
    }

    /// Lets the time of delayed units and of leases pass.
    func passDueTimes() async throws {
        try await run("UPDATE nightshift.unit SET due = clock_timestamp() - interval '1 s' WHERE due IS NOT NULL")
    }

    @discardableResult
    func run(_ sql: String, _ parameters: PostgresValue...) async throws -> [PostgresRow] {
        try await database.call(sql, parameters)
    }

    /// How many rows `source` (a table and perhaps conditions) has.
    func count(_ source: String) async throws -> Int {
        try #require(try await run("SELECT count(*) AS rows FROM nightshift.\(source)").first).int("rows")
    }

    func text(_ sql: String) async throws -> String? {
        try #require(try await run("SELECT (\(sql))::text AS value").first).optionalText("value")
    }
}

/// The code of the store's error that `body` throws; nil when it throws none.
func storeErrorCode(_ body: () async throws -> Void) async -> StoreError.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? StoreError)?.code
    }
}
