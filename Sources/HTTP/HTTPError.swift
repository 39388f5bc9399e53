/// Why a request got no answer. An answer of any status is not an error.
package struct HTTPError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case timeout
        case couldNotConnect
        case couldNotResolve
        case tls
        case connectionLost
        case cancelled
        case invalidURL
        case responseTooLarge
        case other
    }

    package var code: Code
    package var message: String
    /// Whether any of the request went out, so that the peer may have acted on it.
    package var wasSent: Bool

    package init(_ code: Code, _ message: String, wasSent: Bool = false) {
        self.code = code
        self.message = message
        self.wasSent = wasSent
    }

    package var description: String { message }
}
