package import Foundation
package import JSON
internal import Postgres

/// What a worker asks of the store.
extension Store {
    package func register(session: UUID, name: String, info: JSON, ttl: Duration) async throws(StoreError) {
        _ = try await call(
            "SELECT nightshift.register($1, $2, $3, $4)", .uuid(session), .text(name), .json(info), .seconds(ttl))
    }

    /// Extends the session and answers which of `held` (unit and attempt) are no longer its own.
    package func heartbeat(
        session: UUID, ttl: Duration, held: [(unit: Int, attempt: Int)], isDraining: Bool
    ) async throws(StoreError) -> [Int] {
        let rows = try await call(
            "SELECT unit_id FROM nightshift.heartbeat($1, $2, $3, $4, $5)",
            .uuid(session), .seconds(ttl), .intArray(held.map(\.unit)), .intArray(held.map(\.attempt)), .bool(isDraining))
        return try decoded { () throws(PostgresError) in try rows.map { row throws(PostgresError) in try row.int("unit_id") } }
    }

    /// Ends a session in good order; its units are ready for others.
    package func signOff(session: UUID) async throws(StoreError) {
        _ = try await call("SELECT nightshift.sign_off($1)", .uuid(session))
    }

    /// Leases units worth about `examples` examples, of one study or of any of the team.
    package func lease(
        session: UUID, examples: Int, study: Int?, ttl: Duration
    ) async throws(StoreError) -> [LeasedUnit] {
        let rows = try await call(
            "SELECT * FROM nightshift.lease($1, $2, $3, $4)",
            .uuid(session), .int(examples), study.map(PostgresValue.int) ?? .null, .seconds(ttl))
        var units: [LeasedUnit] = []
        for row in rows { units.append(try LeasedUnit(row)) }
        return units
    }

    /// Says which studies the session leases nothing of, because a provider that they need is away, and what each waits for.
    package func waitForProviders(session: UUID, _ waits: [Int: String]) async throws(StoreError) {
        let waits = waits.sorted { $0.key < $1.key }
        _ = try await call(
            "SELECT nightshift.wait_for_providers($1, $2, $3)",
            .uuid(session), .intArray(waits.map(\.key)), .textArray(waits.map(\.value)))
    }

    /// All units leased to the session, with their attempts.
    package func held(session: UUID) async throws(StoreError) -> [(unit: Int, attempt: Int)] {
        let rows = try await call("SELECT unit_id, attempt FROM nightshift.held($1)", .uuid(session))
        var held: [(unit: Int, attempt: Int)] = []
        for row in rows {
            held.append(try decoded { () throws(PostgresError) in (try row.int("unit_id"), try row.int("attempt")) })
        }
        return held
    }

    /// Puts off the end of leases whose examples still run.
    package func extend(session: UUID, _ units: [(unit: Int, attempt: Int)], ttl: Duration) async throws(StoreError) {
        _ = try await call(
            "SELECT nightshift.extend($1, $2, $3, $4)",
            .uuid(session), .intArray(units.map(\.unit)), .intArray(units.map(\.attempt)), .seconds(ttl))
    }

    /// Stores results of any parts of any units, and answers what became of the units.
    package func report(session: UUID, _ results: [UnitResult]) async throws(StoreError) -> [Int: Verdict] {
        // A number stands for two units only where the database was restored meanwhile: then for one in each call.
        var identities: [Int: String] = [:]
        let (now, later) = results.reduce(into: ([UnitResult](), [UnitResult]())) { parts, result in
            let isOfAnother = result.identity.map { identities[result.unit, default: $0] != $0 } ?? false
            if let identity = result.identity, !isOfAnother { identities[result.unit] = identity }
            if isOfAnother { parts.1.append(result) } else { parts.0.append(result) }
        }
        let verdicts = try await report(session: session, now, identities.sorted { $0.key < $1.key })
        return later.isEmpty ? verdicts : try await report(session: session, later).merging(verdicts) { first, _ in first }
    }

    private func report(
        session: UUID, _ results: [UnitResult], _ identities: [(key: Int, value: String)]
    ) async throws(StoreError) -> [Int: Verdict] {
        let rows = try await call(
            "SELECT unit_id, verdict FROM nightshift.report_identified($1, $2, $3, $4)", .uuid(session),
            .json(.array(results.map(\.json))), .intArray(identities.map(\.key)), .textArray(identities.map(\.value)))
        var verdicts: [Int: Verdict] = [:]
        for row in rows {
            let (unit, verdict) = try decoded { () throws(PostgresError) in (try row.int("unit_id"), try row.text("verdict")) }
            verdicts[unit] = Verdict(rawValue: verdict)
        }
        return verdicts
    }

    /// Closes those of the units that have all their results.
    package func close(units: [Int]) async throws(StoreError) {
        _ = try await call("SELECT nightshift.close($1)", .intArray(units))
    }

    /// Gives units back unfinished.
    package func release(session: UUID, _ units: [(unit: Int, attempt: Int)]) async throws(StoreError) {
        _ = try await call(
            "SELECT nightshift.release($1, $2, $3)",
            .uuid(session), .intArray(units.map(\.unit)), .intArray(units.map(\.attempt)))
    }

    /// The unit could not be run for reasons outside the program; it waits at least `delay` and goes elsewhere.
    ///
    /// - Parameter isByBudget: the study's budget had no room for a call; where it is exhausted the unit is set aside.
    package func fail(
        session: UUID, unit: Int, attempt: Int, error: String, delay: Duration, isByBudget: Bool = false
    ) async throws(StoreError) {
        _ = try await call(
            "SELECT nightshift.give_back($1, $2, $3, $4, $5, $6)",
            .uuid(session), .int(unit), .int(attempt), .foreignText(error), .seconds(delay), .bool(isByBudget))
    }

    /// The unit waits for something outside and is leased again after `delay`; no failure is counted.
    ///
    /// - Returns: false where the unit is no longer the session's.
    @discardableResult
    package func postpone(session: UUID, unit: Int, attempt: Int, delay: Duration) async throws(StoreError) -> Bool {
        let row = try await one(
            "SELECT nightshift.postpone($1, $2, $3, $4) AS verdict", .uuid(session), .int(unit), .int(attempt), .seconds(delay))
        return try decoded { () throws(PostgresError) in try row.text("verdict") } == "delayed"
    }

    /// The LM's provider refuses this worker's calls for the study.
    package func refuse(session: UUID, study: Int, message: String) async throws(StoreError) {
        _ = try await call("SELECT nightshift.refuse($1, $2, $3)", .uuid(session), .int(study), .foreignText(message))
    }

    /// The study's public id and resolved text.
    package func spec(of study: Int) async throws(StoreError) -> (id: String, spec: JSON) {
        let row = try await one("SELECT id, spec FROM nightshift.study_spec($1)", .int(study))
        let (id, text) = try decoded { () throws(PostgresError) in (try row.text("id"), try row.text("spec")) }
        return (id, try decodedJSON(text) ?? .null)
    }

    /// The state of a candidate: instructions and demos by predictor.
    package func candidateState(study: Int, candidate: String) async throws(StoreError) -> JSON {
        let row = try await one("SELECT nightshift.candidate_state($1, $2) AS state", .int(study), .text(candidate))
        guard let state = try decodedJSON(try decoded { () throws(PostgresError) in try row.optionalText("state") }) else {
            throw StoreError(.malformed, "study \(study) has no candidate \(candidate)")
        }
        return state
    }

    /// Rows of a split by number.
    package func examples(study: Int, split: String, numbers: [Int]) async throws(StoreError) -> [Int: JSONObject] {
        let rows = try await call(
            "SELECT number, content FROM nightshift.examples($1, $2, $3)", .int(study), .text(split), .intArray(numbers))
        var examples: [Int: JSONObject] = [:]
        for row in rows {
            let (number, content) = try decoded { () throws(PostgresError) in (try row.int("number"), try row.text("content")) }
            examples[number] = try decodedJSON(content)?.objectValue
        }
        return examples
    }
}

extension LeasedUnit {
    fileprivate init(_ row: PostgresRow) throws(StoreError) {
        let payload = try decodedJSON(try decoded { () throws(PostgresError) in try row.optionalText("payload") })
        self = try decoded { () throws(PostgresError) in
            LeasedUnit(
                id: try row.int("unit_id"), study: try row.int("study_id"), attempt: try row.int("attempt"),
                key: try row.text("key"), kind: UnitKind(rawValue: try row.text("kind")) ?? .evaluate,
                candidate: try row.optionalText("candidate"), split: try row.optionalText("split"),
                examples: try row.intArray("examples"), rollout: try row.int("rollout"), payload: payload,
                isSuspect: try row.bool("suspect"))
        }
    }
}

extension PostgresValue {
    static func uuid(_ value: UUID) -> PostgresValue { .text(value.uuidString) }
    static func json(_ value: JSON) -> PostgresValue { .json(value.storable.serialized()) }
    /// Text that a model or a program wrote.
    static func foreignText(_ value: String) -> PostgresValue { .text(value.storable) }
    static func seconds(_ value: Duration) -> PostgresValue { .double(value / .seconds(1)) }
}
