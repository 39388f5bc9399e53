package import JSON

/// What of `response_format` a model's endpoint is asked for.
package enum ResponseFormatPolicy: String, Sendable, Hashable, CaseIterable {
    /// A strict schema; where the endpoint refuses that, the next lower form. Anthropic's API is asked for nothing.
    case auto
    case jsonSchema = "json_schema"
    case jsonObject = "json_object"
    case none

    /// - Parameter name: the value of a study's key `response_format`.
    /// - Throws: ``Diagnostic`` at `response_format`.
    package init(named name: String) throws(Diagnostic) {
        guard let policy = Self(rawValue: name) else {
            let names = Self.allCases.map(\.rawValue)
            let hint = nearestName(to: name, in: names).map { "; did you mean \($0)?" } ?? ""
            throw Diagnostic(
                JSONPath([.key("response_format")]), "must be one of \(names.joined(separator: ", ")), not \"\(name)\"\(hint)")
        }
        self = policy
    }
}
