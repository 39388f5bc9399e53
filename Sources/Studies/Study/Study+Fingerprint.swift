internal import Hashing
package import JSON

extension Study {
    /// SHA-256 of what determines the plan: the resolved study without endpoints, timeouts, names of keys and its folder.
    /// Other paths, and comments, are no part of a resolved study; files stand in it by the hash of what they hold.
    package var fingerprint: String { sha256(plan.bytes(.canonical)) }

    /// What says where and how long to ask, not what; `*` is any key or position. A call that takes too long is made again:
    /// it has no result of its own.
    private static let pathsOutsidePlan = [
        folderKey, budgetKey, priorityKey, "lm.*.base_url", "lm.*.timeout_ms", "lm.*.example_deadline_ms", "lm.*.api_key_env",
        "lm.*.cache", "lm.*.hedge",
        "lm.*.requests_per_minute", "lm.*.tokens_per_minute", "lm.*.concurrency",
        "services.retrievers.*.timeout_ms", "services.tools.*.http.timeout", "metric.timeout",
        "metric.weighted.*.metric.timeout",
    ]

    /// The part of ``json`` that the fingerprint covers.
    private var plan: JSON { Self.pathsOutsidePlan.reduce(json) { $0.without($1.split(separator: ".")[...]) } }

    /// The paths at which this study's plan differs from that of `other`, a stored study; empty when the fingerprints
    /// are equal.
    package func changedKeys(from other: JSON) throws(Diagnostic) -> [String] {
        differences(plan, try Study(json: other).plan, at: JSONPath()).map(\.description)
    }
}

/// The deepest paths at which two values differ; lists of different length differ as a whole.
private func differences(_ left: JSON?, _ right: JSON?, at path: JSONPath) -> [JSONPath] {
    switch (left, right) {
    case (let left?, let right?) where left == right: return []
    case (.object(let left)?, .object(let right)?):
        let keys = left.keys + right.keys.filter { left[$0] == nil }
        return keys.flatMap { differences(left[$0], right[$0], at: path.appending($0)) }
    case (.array(let left)?, .array(let right)?) where left.count == right.count:
        return left.indices.flatMap { differences(left[$0], right[$0], at: path.appending($0)) }
    default: return [path]
    }
}

extension JSON {
    /// The value without what stands at `path`.
    fileprivate func without(_ path: ArraySlice<Substring>) -> JSON {
        guard let step = path.first else { return self }
        let rest = path.dropFirst()
        switch self {
        case .object(let object):
            let kept = object.filter { !rest.isEmpty || step != "*" && $0 != step }
            return .object(JSONObject(kept.map { ($0.key, step == "*" || $0.key == step ? $0.value.without(rest) : $0.value) }))
        case .array(let list) where step == "*": return .array(list.map { $0.without(rest) })
        default: return self
        }
    }
}
