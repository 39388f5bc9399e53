/// One HTTP request.
package struct HTTPRequest: Sendable {
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
    }

    /// Absolute, `http` or `https`.
    package var url: String
    package var method: Method
    package var headers: [(String, String)]
    package var body: [UInt8]
    /// From the moment of sending to the last byte of the answer.
    package var timeout: Duration
    /// For name lookup, TCP and TLS together.
    package var connectTimeout: Duration

    package init(
        url: String, method: Method = .get, headers: [(String, String)] = [], body: [UInt8] = [],
        timeout: Duration = .seconds(60), connectTimeout: Duration = .seconds(15)
    ) {
        self.url = url
        self.method = method
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.connectTimeout = connectTimeout
    }
}

extension HTTPRequest {
    /// Whether the URL names the loopback interface.
    var isToThisMachine: Bool {
        guard let colon = url.utf8.firstIndex(of: UInt8(ascii: ":")), url.utf8[colon...].starts(with: "://".utf8) else {
            return false
        }
        let rest = url.utf8[url.utf8.index(colon, offsetBy: 3)...]
        let authority = Substring(rest.prefix { !"/?#".utf8.contains($0) }).lowercased()
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } : authority.prefix { $0 != ":" }
        let isIPv4 = host.hasPrefix("127.") && host.allSatisfy { $0 == "." || $0.isASCII && $0.isNumber }
        return host == "localhost" || host == "[::1" || isIPv4
    }
}
