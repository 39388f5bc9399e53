extension ResultTable {
    /// The error this result reports. One without SQLSTATE was made by libpq: the connection is broken. So it is when the
    /// server ends the session (57P01 to 57P03).
    func error(query: String?) -> PostgresError {
        // The field codes of libpq are character macros, which Swift does not import.
        let sqlState = field("C")
        let isOver = sqlState.map { ["57P01", "57P02", "57P03"].contains($0) } ?? true
        return PostgresError(
            isOver ? .connectionLost : .server, field("M") ?? errorMessage, sqlState: sqlState, detail: field("D"),
            hint: field("H"),
            query: query)
    }
}
