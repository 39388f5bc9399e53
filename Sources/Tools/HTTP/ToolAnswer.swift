internal import HTTP
internal import JSON
internal import Programs

/// A server's answer to a tool's request.
struct ToolAnswer {
    private let response: HTTPResponse

    init(_ response: HTTPResponse) { self.response = response }

    /// Why it is worth another attempt, as a sentence; nil when it is not.
    var trouble: String? {
        let status = response.status
        return status == 408 || status == 425 || status == 429 || status >= 500 ? described : nil
    }

    /// - Parameter path: where in a JSON answer it is; empty for the whole answer.
    func observation(at path: [String]) throws -> String {
        switch response.status {
        case 200..<300: break
        case 300..<400:
            let target = response.headers["location"].map { " to \($0)" } ?? ""
            throw ToolFailure("HTTP \(response.status): the address moved\(target); redirects are not followed")
        // Every call would end so, and no score would mean anything.
        case 401, 402, 403, 407: throw ServiceError(.refused, "the server refuses us: \(described)")
        default: throw ToolFailure(described)
        }
        guard let json = try? JSON(parsing: response.body) else {
            guard path.isEmpty else { throw ToolFailure("the answer is no JSON: \(excerpt)") }
            return String(decoding: response.body, as: UTF8.self)
        }
        var value = json
        for step in path {
            guard let next = value[step] ?? Int(step).flatMap({ value[$0] }) else {
                throw ToolFailure("the answer has no \(path.joined(separator: ".")): \(excerpt)")
            }
            value = next
        }
        return value.stringValue ?? value.serialized()
    }

    private var described: String { "HTTP \(response.status)" + (excerpt.isEmpty ? "" : ": \(excerpt)") }

    private var excerpt: String { String(String(decoding: response.body.prefix(4000), as: UTF8.self).prefix(500)) }
}

/// What a tool tells the agent instead of an answer.
package struct ToolFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
