internal import CLibpq

/// Where a database is and how to log in: a `postgres://` URL or a libpq conninfo string.
package struct PostgresAddress: Sendable, Hashable, CustomStringConvertible {
    private var settings: [String: String]

    /// What is added unless the address says otherwise: a dead peer is noticed in seconds, not hours.
    private static let defaults = [
        "application_name": "nightshift", "connect_timeout": "5", "keepalives": "1", "keepalives_idle": "10",
        "keepalives_interval": "5", "keepalives_count": "3", "tcp_user_timeout": "20000",
    ]

    package init(url: String) throws(PostgresError) {
        guard !url.utf8.contains(0), !url.allSatisfy(\.isWhitespace) else {
            throw PostgresError(.invalidAddress, "the database address is empty; give postgres://user@host/database")
        }
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(url, &message) else {
            let reason = message.map { Self.reason(String(cString: $0), for: url) } ?? "out of memory"
            PQfreemem(message)
            throw PostgresError(
                .invalidAddress, "the database address is not valid: \(reason)", hint: "give postgres://user@host/database")
        }
        defer { PQconninfoFree(options) }
        settings = Self.defaults
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { settings[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
    }

    /// libpq's reason, unless it could repeat a password.
    private static func reason(_ message: String, for url: String) -> String {
        let mayHoldSecret = url.contains("@") || url.contains("password")
        if mayHoldSecret { return "libpq cannot read it (not repeated here: it may hold a password)" }
        return String(message.drop { $0.isWhitespace }.prefix { !$0.isNewline })
    }

    /// The address as libpq's `key='value'` string. Contains the password.
    package var conninfo: String {
        settings.sorted { $0.key < $1.key }.map { "\($0)='\(Self.escaped($1))'" }.joined(separator: " ")
    }

    /// Host, port, database and user.
    package var description: String {
        let shown = ["host", "hostaddr", "port", "dbname", "user", "service"]
        return shown.compactMap { key in settings[key].map { "\(key)=\($0)" } }.joined(separator: " ")
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
    }
}
