/// What went wrong between this process and PostgreSQL.
package struct PostgresError: Error, Sendable, Hashable, CustomStringConvertible {
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Storage: String {
            case connectionFailed, connectionLost, server, decoding, cancelled, invalidAddress, invalidValue, timeout
        }
        private let storage: Storage

        /// No connection came about.
        package static let connectionFailed = Code(storage: .connectionFailed)
        /// The connection broke (or was closed) before the answer came: the statement may or may not have been executed.
        package static let connectionLost = Code(storage: .connectionLost)
        /// The server refused the statement; see `sqlState`.
        package static let server = Code(storage: .server)
        /// A result's value is not of the type that was asked for.
        package static let decoding = Code(storage: .decoding)
        /// The awaiting task was cancelled; the server may still execute the statement.
        package static let cancelled = Code(storage: .cancelled)
        /// The address is not a PostgreSQL URL or conninfo string.
        package static let invalidAddress = Code(storage: .invalidAddress)
        /// A parameter that cannot be sent; nothing was executed.
        package static let invalidValue = Code(storage: .invalidValue)
        /// The server did not answer the attempt to connect in time.
        package static let timeout = Code(storage: .timeout)

        package var description: String { storage.rawValue }
    }

    package var code: Code
    /// The five characters of the server's SQLSTATE.
    package var sqlState: String?
    package var message: String
    package var detail: String?
    package var hint: String?
    /// The statement, without its parameters.
    package var query: String?

    package init(
        _ code: Code, _ message: String, sqlState: String? = nil, detail: String? = nil, hint: String? = nil, query: String? = nil
    ) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
        self.detail = detail
        self.hint = hint
        self.query = query
    }

    package var isUniqueViolation: Bool { sqlState == "23505" }

    /// A conflict between transactions: the same call may succeed when repeated.
    package var isSerialization: Bool { sqlState == "40001" || sqlState == "40P01" }

    /// The server is away, going away or full: connect again, after a pause.
    package var isConnectionProblem: Bool {
        if [.connectionFailed, .connectionLost, .timeout].contains(code) { return true }
        guard let sqlState else { return false }
        return sqlState.hasPrefix("08") || ["57P01", "57P02", "57P03", "53300"].contains(sqlState)
    }

    package var description: String {
        var text = message
        if let sqlState { text += " (SQLSTATE \(sqlState))" }
        if let detail { text += "; \(detail)" }
        if let hint { text += "; hint: \(hint)" }
        if let query { text += "; in: \(query.prefix(200))" }
        return text
    }

    func `in`(_ query: String) -> PostgresError {
        var error = self
        error.query = query
        return error
    }
}
