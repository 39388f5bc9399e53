internal import JSON
internal import Postgres

/// The team's database, as values: studies, decisions, units, results, history.
///
/// Each method is one call of a function or a view of `sql/`; all of them may be repeated safely.
package struct Store: Sendable {
    /// Channel on which new work is announced.
    package static let workChannel = "nightshift_work"
    /// Channel on which closed decisions and changes of studies are announced.
    package static let planChannel = "nightshift_plan"

    package let database: Database

    package init(_ database: Database) { self.database = database }

    func call(_ sql: String, _ parameters: PostgresValue...) async throws(StoreError) -> [PostgresRow] {
        try await database.call(sql, parameters)
    }

    /// Makes the last call of a part that ends, perhaps cancelled; it is given up where the database does not take it soon.
    package func atLast(_ call: @escaping @Sendable (Store) async throws(StoreError) -> Void) async {
        let farewell = Task { try? await call(self) }
        let alarm = Task {
            try? await Task.sleep(for: .seconds(2))
            farewell.cancel()
        }
        await farewell.value
        alarm.cancel()
    }

    /// One row, which the statement always answers.
    func one(_ sql: String, _ parameters: PostgresValue...) async throws(StoreError) -> PostgresRow {
        guard let row = try await database.call(sql, parameters).first else {
            throw StoreError(.malformed, "the database answered nothing to: \(sql)")
        }
        return row
    }
}

/// Reads a row, with the store's errors.
func decoded<Value>(_ read: () throws(PostgresError) -> Value) throws(StoreError) -> Value {
    do throws(PostgresError) { return try read() } catch { throw StoreError(error) }
}

func decodedJSON(_ text: String?) throws(StoreError) -> JSON? {
    guard let text else { return nil }
    do throws(JSONSyntaxError) { return try JSON(parsing: text) } catch {
        throw StoreError(.malformed, "a column holds malformed JSON: \(error)")
    }
}
