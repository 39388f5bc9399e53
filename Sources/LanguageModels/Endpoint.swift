/// The base address of an API, as in `https://api.openai.com/v1`, without a slash at its end.
struct Endpoint: Sendable, Hashable {
    let isSecure: Bool
    /// In lower case, without the port.
    let host: String
    let text: String

    /// - Throws: a sentence that says what is wrong.
    init(_ text: String) throws(Problem) {
        guard let mark = text.firstRange(of: "://"), ["http", "https"].contains(text[..<mark.lowerBound].lowercased()) else {
            throw Problem("is no http:// or https:// address: \"\(text)\"")
        }
        guard !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else { throw Problem("holds blanks: \"\(text)\"") }
        guard !text.contains("?"), !text.contains("#") else { throw Problem("holds a query, which has no place there") }
        isSecure = text[..<mark.lowerBound].lowercased() == "https"
        let rest = text[mark.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        guard !authority.contains("@") else {
            throw Problem("holds a password; keys are read from the environment (api_key_env names the variable)")
        }
        host = try Self.host(of: authority).lowercased()
        var trimmed = text[...]
        while trimmed.hasSuffix("/") { trimmed.removeLast() }
        for path in ["/chat/completions", "/messages", "/embeddings"] where trimmed.hasSuffix(path) {
            throw Problem("ends in \(path), which is added to it: leave that out")
        }
        self.text = String(trimmed)
    }

    private static func host(of authority: Substring) throws(Problem) -> Substring {
        // The port follows the last colon, unless that colon is part of an IPv6 address in brackets.
        let tail = authority.lastIndex(of: "]").map { authority[$0...] } ?? authority
        let host = tail.lastIndex(of: ":").map { authority[..<$0] } ?? authority
        if host.endIndex < authority.endIndex {
            let port = authority[authority.index(after: host.endIndex)...]
            guard let number = UInt16(port), number > 0 else { throw Problem("has no valid port: \"\(port)\"") }
        }
        guard !host.isEmpty else { throw Problem("names no host") }
        return host
    }

    struct Problem: Error {
        let text: String
        init(_ text: String) { self.text = text }
    }
}
