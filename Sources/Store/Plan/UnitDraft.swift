package import JSON

/// A unit as a coordinator inserts it with its decision.
package struct UnitDraft: Sendable, Hashable {
    package var key: String
    package var ordinal: Int
    package var priority: Int
    package var kind: UnitKind
    package var candidate: String?
    package var split: String?
    package var examples: [Int]
    package var rollout: Int
    package var payload: JSON?

    package init(
        key: String, ordinal: Int, priority: Int, kind: UnitKind, candidate: String? = nil, split: String? = nil,
        examples: [Int] = [], rollout: Int = 0, payload: JSON? = nil
    ) {
        self.key = key
        self.ordinal = ordinal
        self.priority = priority
        self.kind = kind
        self.candidate = candidate
        self.split = split
        self.examples = examples
        self.rollout = rollout
        self.payload = payload
    }

    var json: JSON {
        var object: JSONObject = [
            "key": .string(key), "ordinal": .int(ordinal), "priority": .int(priority), "kind": .string(kind.rawValue),
            "examples": .array(examples.map(JSON.int)), "rollout": .int(rollout),
        ]
        object["candidate"] = candidate.map(JSON.string)
        object["split"] = split.map(JSON.string)
        object["payload"] = payload
        return .object(object)
    }
}
