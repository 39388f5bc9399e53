import Foundation
import JSON
import Postgres
import Store
import Testing

/// The same steps against the functions of a real database.
final class SQLQueue {
    private let fixture: StoreFixture
    private let store: Store
    /// Results of one interleaving are told by their candidate.
    private let candidate: String
    private var sessions: [Int: UUID] = [:]
    private var units: [Int] = []
    private var decision: Int

    init(_ fixture: StoreFixture, interleaving: Int, firstDecision: Int) {
        self.fixture = fixture
        store = fixture.store
        decision = firstDecision
        let digits = String(interleaving, radix: 16)
        candidate = String(repeating: "0", count: 16 - digits.count) + digits
    }

    var nextDecision: Int { decision }

    func take(_ step: LeaseStep) async throws -> LeaseAnswer {
        do {
            return try await perform(step)
        } catch let error as StoreError where error.code == .sessionLost {
            return .sessionLost
        }
    }

    private func perform(_ step: LeaseStep) async throws -> LeaseAnswer {
        switch step {
        case .register(let session):
            sessions[session] = UUID()
            try await store.register(session: try id(session), name: "w", info: [:], ttl: .seconds(3600))
        case .lease(let session, let examples):
            let leased = try await store.lease(session: id(session), examples: examples, study: nil, ttl: .seconds(60))
            return .granted(
                try leased.map {
                    Grant(
                        unit: try #require(units.firstIndex(of: $0.id)), attempt: $0.attempt, examples: $0.examples,
                        isSuspect: $0.isSuspect)
                })
        case .heartbeat(let session, let grants):
            let lost = try await store.heartbeat(
                session: id(session), ttl: .seconds(3600), held: grants.map { (units[$0.unit], $0.attempt) }, isDraining: false)
            return .notHeld(try lost.map { try #require(units.firstIndex(of: $0)) }.sorted())
        case .report(let session, let items):
            let verdicts = try await store.report(session: id(session), items.map(result))
            return .verdicts(
                Dictionary(uniqueKeysWithValues: try verdicts.map { (try #require(units.firstIndex(of: $0)), $1.rawValue) }))
        case .release(let session, let grant):
            try await store.release(session: id(session), [(units[grant.unit], grant.attempt)])
        case .fail(let session, let grant):
            let row = try await fixture.run(
                "SELECT nightshift.fail($1, $2, $3, 'no answer', 30) AS verdict", .text(try id(session).uuidString),
                .int(units[grant.unit]), .int(grant.attempt))
            return .text(try row[0].text("verdict"))
        case .postpone(let session, let grant):
            let isHeld = try await store.postpone(
                session: id(session), unit: units[grant.unit], attempt: grant.attempt, delay: .seconds(30))
            return .text(isHeld ? "delayed" : "gone")
        case .signOff(let session): try await store.signOff(session: id(session))
        case .expire(let session): try await fixture.expire(id(session))
        case .passDueTimes: try await fixture.passDueTimes()
        case .reap: return .text(String(try await store.reap()))
        case .pause: try await store.steer(study: fixture.study, "pause")
        case .resume: try await store.steer(study: fixture.study, "resume")
        case .decide(let plans): try await decide(plans)
        }
        return .done
    }

    private func id(_ session: Int) throws -> UUID { try #require(sessions[session]) }

    private func result(_ item: Item) -> UnitResult {
        UnitResult(
            unit: units[item.unit], content: .example(item.example, .scored, score: Double(item.token), detail: [:]), usage: [:],
            latencyMilliseconds: 1)
    }

    private func decide(_ plans: [Planned]) async throws {
        let drafts = plans.enumerated().map { ordinal, plan in
            UnitDraft(
                key: "evaluate/d\(decision)/s\(ordinal)", ordinal: ordinal, priority: plan.priority, kind: .evaluate,
                candidate: candidate, split: "val", examples: plan.examples)
        }
        let record = DecisionRecord(number: decision, key: "decision/\(decision)", stage: "search", body: [:])
        let candidates: [JSON] = [["id": .string(candidate), "state": [:]]]
        #expect(try await store.decide(fixture.term, record, candidates: candidates, trials: [], units: drafts))
        let rows = try await fixture.run(
            "SELECT unit_id FROM nightshift.unit WHERE study_id = $1 AND decision = $2 ORDER BY ordinal", .int(fixture.study),
            .int(decision))
        units += try rows.map { try $0.int("unit_id") }
        decision += 1
    }

    // MARK: What the tables hold

    func results() async throws -> [Int: Int?] {
        let rows = try await fixture.run(
            "SELECT example, score FROM nightshift.result WHERE candidate = $1", .text(candidate))
        return Dictionary(
            uniqueKeysWithValues: try rows.map { (try $0.int("example"), try $0.optionalDouble("score").map { Int($0) }) })
    }

    func openExamples() async throws -> [Int] {
        try await fixture.run(
            """
            SELECT e FROM nightshift.unit u CROSS JOIN LATERAL unnest(u.examples) AS e
             WHERE u.candidate = $1 AND NOT EXISTS (SELECT 1 FROM nightshift.result r WHERE r.candidate = $1 AND r.example = e)
            """, .text(candidate)
        ).map { try $0.int("e") }
    }
}
