internal import JSON

/// The pass from ``SourceNode``s to values: variables are expanded, scalars typed, places recorded.
struct SourceResolution {
    let environment: [String: String]
    private(set) var places: [JSONPath: Place] = [:]
    private(set) var findings: [(place: Place, diagnostic: Diagnostic)] = []

    init(environment: [String: String]) { self.environment = environment }

    mutating func value(of node: SourceNode, at path: JSONPath = JSONPath()) -> JSON {
        if places[path] == nil { places[path] = node.place }
        switch node.content {
        case .scalar(let text, let isPlain):
            let (expanded, unset) = isExpandedByWorkers(path) ? (text, []) : expandVariables(in: text, environment: environment)
            for name in unset {
                let message = "the variable \(name) is not set; set it, or write ${\(name):-default}"
                findings.append((node.place, Diagnostic(path, message)))
            }
            if expanded.utf8.contains(0) { findings.append((node.place, Diagnostic(path, unstorableText))) }
            return isPlain ? JSON(plainScalar: expanded) : .string(expanded)
        case .list(let elements):
            return .array(elements.enumerated().map { value(of: $1, at: path.appending($0)) })
        case .mapping(let members):
            var object = JSONObject()
            for member in members {
                let path = path.appending(member.key)
                places[path] = member.place
                object[member.key] = value(of: member.value, at: path)
            }
            return .object(object)
        }
    }

    /// Headers of services hold secrets, which are never stored: the process that calls expands them.
    private func isExpandedByWorkers(_ path: JSONPath) -> Bool {
        let keys = path.steps.compactMap { if case .key(let key) = $0 { key } else { nil } }
        return keys.count >= 4 && keys[0] == "program" && ["retrievers", "tools"].contains(keys[1])
            && keys.dropFirst(3).contains("headers")
    }
}
