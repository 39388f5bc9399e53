import Foundation
import JSON
import Postgres
import Store
import Testing

/// What workers and coordinators of a build for schema 9 send, word for word: they go on when the schema is upgraded under them.
struct OldTeam: Sendable {
    let database: Database
    let study: Int

    private func call(_ sql: String, _ parameters: PostgresValue...) async throws -> [PostgresRow] {
        try await database.call(sql, parameters)
    }

    // MARK: A coordinator

    func lead(_ holder: UUID) async throws -> Int? {
        for _ in 0..<100 {
            do {
                return try await call(
                    "SELECT nightshift.lead($1, $2, $3, $4) AS term", .int(study), .text(holder.uuidString), .json("{}"),
                    .double(60)
                ).first?.optionalInt("term")
            } catch let error as StoreError where error.message.contains("55P03") {
                // It waits two seconds for a lock, which a migration holds for longer; then a coordinator tries again.
            }
        }
        return nil
    }

    /// Decides so many times, each time when the decision before is complete, and reaps meanwhile.
    func plan(_ decisions: Int, unitsEach: Int, size: Int, by holder: UUID) async throws {
        let term = try #require(try await lead(holder))
        _ = try await call("SELECT nightshift.start($1, $2, $3)", .int(study), .text(holder.uuidString), .int(term))
        for number in 0..<decisions {
            let units = (0..<unitsEach).map { ordinal -> JSON in
                let first = (number * unitsEach + ordinal) * size
                return [
                    "key": .string("evaluate/d\(number)/s\(ordinal)"), "ordinal": .int(ordinal), "priority": 0,
                    "kind": "evaluate", "candidate": .string(StoreFixture.candidate), "split": "val",
                    "examples": .array((first..<first + size).map(JSON.int)), "rollout": 0,
                ]
            }
            _ = try await call(
                "SELECT nightshift.decide($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS decided", .int(study),
                .text(holder.uuidString), .int(term), .int(number), .text("decision/\(number)"), .text("search"), .json("{}"),
                .json("[{\"id\": \"\(StoreFixture.candidate)\", \"state\": {}}]"), .json("[]"),
                .json(JSON.array(units).serialized()))
            repeat {
                _ = try await call("SELECT nightshift.reap(1000) AS lost")
                #expect(try await lead(holder) == term)
                try await Task.sleep(for: .milliseconds(10))
            } while try await !isComplete(number)
            _ = try await call(
                "SELECT nightshift.conclude_decision($1, $2, $3, $4)", .int(study), .text(holder.uuidString), .int(term),
                .int(number))
        }
    }

    private func isComplete(_ number: Int) async throws -> Bool {
        try await call("SELECT nightshift.is_complete($1, $2) AS complete", .int(study), .int(number)).first?.bool("complete")
            ?? false
    }

    // MARK: A worker

    /// Works until the task is cancelled. Every third unit is given back or fails once.
    func work() async throws {
        while !Task.isCancelled {
            let session = UUID().uuidString
            do {
                _ = try await call(
                    "SELECT nightshift.register($1, $2, $3, $4)", .text(session), .text("old"), .json("{}"), .double(15))
                try await work(session)
            } catch let error as StoreError where error.code == .sessionLost {
                // A migration may hold its locks for longer than a session lasts; then a worker takes a new one.
                continue
            } catch {
                // A call that was under way when all was done.
                guard Task.isCancelled else { throw error }
            }
            // The farewell of a task that is cancelled is another's.
            try await Task { _ = try await call("SELECT nightshift.sign_off($1)", .text(session)) }.value
        }
    }

    private func work(_ session: String) async throws {
        var number = 0
        while !Task.isCancelled {
            let units = try await call(
                "SELECT * FROM nightshift.lease($1, $2, $3, $4)", .text(session), .int(4), .null, .double(600))
            _ = try await call(
                "SELECT unit_id FROM nightshift.heartbeat($1, $2, $3, $4, $5)", .text(session), .double(15),
                .intArray(try units.map { try $0.int("unit_id") }), .intArray(try units.map { try $0.int("attempt") }),
                .bool(false))
            for unit in units {
                number += 1
                try await end(unit, number, session)
            }
            let left = try await call("SELECT unit_id, attempt FROM nightshift.held($1)", .text(session))
            #expect(left.isEmpty)
            if units.isEmpty { try? await Task.sleep(for: .milliseconds(10)) }
        }
    }

    private func end(_ unit: PostgresRow, _ number: Int, _ session: String) async throws {
        let (id, attempt) = (try unit.int("unit_id"), try unit.int("attempt"))
        if attempt == 1, number % 3 == 0 {
            _ = try await call(
                "SELECT nightshift.release($1, $2, $3)", .text(session), .intArray([id]), .intArray([attempt]))
            return
        }
        if attempt == 1, number % 3 == 1 {
            _ = try await call(
                "SELECT nightshift.fail($1, $2, $3, $4, $5)", .text(session), .int(id), .int(attempt), .text("once"), .double(0))
            return
        }
        let results = try unit.intArray("examples").map { example -> JSON in
            [
                "unit": .int(id), "usage": ["task": ["calls": 1]], "latency_ms": 5, "example": .int(example),
                "outcome": "scored", "score": 1, "detail": [:],
            ]
        }
        _ = try await call(
            "SELECT unit_id, verdict FROM nightshift.report($1, $2)", .text(session), .json(JSON.array(results).serialized()))
    }
}
