internal import JSON

/// An address with places for arguments: `https://host/weather/{city}?days={days}`.
package struct URLTemplate: Sendable, Hashable {
    private enum Part: Hashable {
        case text(String)
        case argument(String)
    }

    private let parts: [Part]

    /// Why a text is no template, or an argument does not fit one.
    struct Problem: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    init(_ text: String) throws(Problem) {
        guard let mark = text.firstRange(of: "://"), ["http", "https"].contains(text[..<mark.lowerBound].lowercased()) else {
            throw Problem("must begin with http:// or https://, not \"\(text)\"")
        }
        guard !text.contains("${") else {
            throw Problem("cannot hold ${…}: an address ends up in messages. Keys belong in headers, where ${NAME} is read")
        }
        guard !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
            throw Problem("holds blanks; write %20: \"\(text)\"")
        }
        guard !text.contains("#") else { throw Problem("holds a fragment (#…), which is never sent") }
        let authority = text[mark.upperBound...].prefix { $0 != "/" && $0 != "?" }
        guard !authority.isEmpty else { throw Problem("names no host: \"\(text)\"") }
        guard !authority.contains("{") else { throw Problem("has an argument in its host; a model may not choose whom we call") }
        guard !authority.contains("@") else { throw Problem("holds a user name; give an Authorization header") }
        parts = try Self.parts(of: text)
        guard !Self.hasDotSegments(text) else { throw Problem("has a path with . or ..: write it out") }
    }

    private static func parts(of text: String) throws(Problem) -> [Part] {
        var parts: [Part] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            guard let close = rest[open...].firstIndex(of: "}") else { throw Problem("has a { without }") }
            let name = rest[rest.index(after: open)..<close]
            guard !name.isEmpty, !name.contains("{") else { throw Problem("has braces without a name between them") }
            parts += [.text(String(rest[..<open])), .argument(String(name))]
            rest = rest[rest.index(after: close)...]
        }
        guard !rest.contains("}") else { throw Problem("has a } without {") }
        return parts + [.text(String(rest))]
    }

    /// The arguments' names.
    package var names: [String] {
        parts.compactMap { part in
            if case .argument(let name) = part { name } else { nil }
        }
    }

    /// The address with the arguments in their places.
    func filled(_ arguments: JSONObject) throws(Problem) -> String {
        var url = ""
        for part in parts {
            switch part {
            case .text(let text): url += text
            case .argument(let name):
                guard let text = arguments[name].flatMap(Self.text), !text.isEmpty else {
                    throw Problem("the argument '\(name)' is missing or empty")
                }
                url += Self.encoded(text)
            }
        }
        // libcurl would resolve them: an argument must not lead to another path.
        guard !Self.hasDotSegments(url) else { throw Problem("an argument cannot be . or ..") }
        return url
    }

    /// `url` with these as its query's last parameters. Those that are null are left out, as a server expects.
    static func append(_ arguments: JSONObject, to url: String) -> String {
        let query = arguments.compactMap { name, value in
            text(value).map { "\(encoded(name))=\(encoded($0))" }
        }
        guard !query.isEmpty else { return url }
        let last = url.last
        let separator = !url.contains("?") ? "?" : last == "?" || last == "&" ? "" : "&"
        return url + separator + query.joined(separator: "&")
    }

    private static func text(_ value: JSON) -> String? {
        switch value {
        case .null: nil
        case .string(let text): text
        default: value.serialized()
        }
    }

    /// All but RFC 3986's unreserved characters as percent-encoded UTF-8.
    private static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { result, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default: result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
    }

    private static func hasDotSegments(_ url: String) -> Bool {
        url.prefix { $0 != "?" }.split(separator: "/", omittingEmptySubsequences: false).contains {
            let segment = $0.lowercased().replacing("%2e", with: ".")
            return segment == "." || segment == ".."
        }
    }
}
