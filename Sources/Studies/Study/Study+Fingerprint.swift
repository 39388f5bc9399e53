internal import Hashing
package import JSON

extension Study {
    /// SHA-256 of what determines the plan: the resolved study without endpoints, timeouts, names of keys and its folder.
    /// Other paths, and comments, are no part of a resolved study; files stand in it by the hash of what they hold.
    package var fingerprint: String { sha256(plan.bytes(.canonical)) }

    /// The part of ``json`` that the fingerprint covers.
    private var plan: JSON {
        var object = json.objectValue ?? JSONObject()
        if let models = object["lm"]?.objectValue {
            let kept = models.map { role, model in
                (role, JSON.object((model.objectValue ?? [:]).filter { !ModelSpec.keysOutsideFingerprint.contains($0) }))
            }
            object["lm"] = .object(JSONObject(kept))
        }
        object[Self.folderKey] = nil
        return .object(object)
    }

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
