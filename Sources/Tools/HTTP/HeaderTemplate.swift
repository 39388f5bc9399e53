/// A header of a request whose value may name environment variables: `Authorization: Bearer ${WEATHER_KEY}`.
package struct HeaderTemplate: Sendable, Hashable {
    package let name: String
    private let text: String

    /// Why a header is none, or cannot be filled in.
    struct Problem: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    init(name: String, value: String) throws(Problem) {
        let isToken = !name.isEmpty && name.utf8.allSatisfy { Self.tokenBytes.contains($0) }
        guard isToken else { throw Problem("\"\(name)\" is no header name") }
        guard Self.isOneLine(value) else { throw Problem("a header's value is one line") }
        self.name = name
        text = value
        _ = try Self.expand(value) { "${\($0)}" }
    }

    /// RFC 9110, 5.6.2.
    private static let tokenBytes = Set("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    private static func isOneLine(_ value: String) -> Bool { !value.utf8.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F } }

    /// The value, and the secrets that are in it.
    func filled(from environment: [String: String]) throws(Problem) -> (value: String, secrets: [String]) {
        var secrets: [String] = []
        let value = try Self.expand(text) { name throws(Problem) in
            guard let secret = environment[name], !secret.isEmpty else {
                throw Problem("the header \(self.name) needs the environment variable \(name), which is not set here")
            }
            guard Self.isOneLine(secret) else { throw Problem("the environment variable \(name) holds more than one line") }
            secrets.append(secret)
            return secret
        }
        return (value, secrets)
    }

    private static func expand(_ text: String, _ value: (String) throws(Problem) -> String) throws(Problem) -> String {
        var result = ""
        var rest = text[...]
        while let open = rest.firstRange(of: "${") {
            guard let close = rest[open.upperBound...].firstIndex(of: "}") else { throw Problem("has a ${ without }") }
            let name = rest[open.upperBound..<close]
            guard name.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]*/) != nil else {
                throw Problem("${\(name)} names no environment variable")
            }
            result += rest[..<open.lowerBound] + (try value(String(name)))
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }
}
