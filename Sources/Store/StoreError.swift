internal import Postgres

/// Why the store could not do what it was asked for.
package struct StoreError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The database cannot be reached, or was lost for longer than the caller waits.
        case unreachable
        /// The worker's session has expired; it registers anew.
        case sessionLost
        /// Another coordinator leads the study; step down.
        case notLeader
        /// The schema is newer than this binary, or a migration's text has changed.
        case schema
        /// An unfinished study of that name exists.
        case conflict
        /// A row is not what the schema promises.
        case malformed
        /// The database can't store a value that it was given; repeating the call can't help.
        case invalidData
        /// The database refused the statement.
        case database
        case cancelled
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}

extension StoreError {
    init(_ error: PostgresError) {
        let code: Code =
            if error.isConnectionProblem { .unreachable } else {
                switch error.sqlState {
                case "NS001": .sessionLost
                case "NS002": .notLeader
                case "23505": .conflict
                case let state? where state.hasPrefix("22") || state.hasPrefix("23"): .invalidData
                default: error.code == .cancelled ? .cancelled : error.code == .decoding ? .malformed : .database
                }
            }
        self.init(code, error.refusal ?? error.description)
    }
}

extension PostgresError {
    /// What a refusal by rights (SQLSTATE 42501) says to whoever runs a command: what is refused and what helps, not the
    /// statement; nil for other errors. The schema's own functions say themselves what helps.
    fileprivate var refusal: String? {
        guard sqlState == "42501" else { return nil }
        let isOfAKind = ["function", "view", "table", "sequence", "schema nightshift"].contains {
            message.hasPrefix("permission denied for \($0)")
        }
        return isOfAKind
            ? "\(message): the login role's kind lacks the right; nightshift db roles enrols it as one that has it" : message
    }
}
