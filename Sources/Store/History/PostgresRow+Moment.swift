internal import Postgres

extension PostgresRow {
    /// A point in time in the form of ISO 8601: `2026-11-23T03:45:30.123456+00:00`.
    func moment(_ column: String) throws(PostgresError) -> String { isoText(try text(column)) }

    func optionalMoment(_ column: String) throws(PostgresError) -> String? { try optionalText(column).map(isoText) }
}

/// PostgreSQL writes `2026-11-23 03:45:30.123456+00`.
private func isoText(_ text: String) -> String {
    let hasShortOffset = text.dropLast(2).last.map { $0 == "+" || $0 == "-" } ?? false
    return text.replacing(" ", with: "T") + (hasShortOffset ? ":00" : "")
}
