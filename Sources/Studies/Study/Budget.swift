package import JSON

/// What a study may spend before its search is ended. No part of the fingerprint: it may change while the study runs.
package struct Budget: Sendable, Hashable {
    /// Requests answered by any model.
    package var lmCalls: Int?
    /// Prompt and completion together, of all models.
    package var tokens: Int?
    package var usd: Double?
    /// From the study's start, pauses included.
    package var wall: Duration?

    package init(lmCalls: Int? = nil, tokens: Int? = nil, usd: Double? = nil, wall: Duration? = nil) {
        self.lmCalls = lmCalls
        self.tokens = tokens
        self.usd = usd
        self.wall = wall
    }

    package var json: JSON {
        var object = JSONObject()
        object["lm_calls"] = lmCalls.map(JSON.int)
        object["tokens"] = tokens.map(JSON.int)
        object["usd"] = usd.map(JSON.double)
        object["wall_ms"] = wall.map { .int($0.milliseconds) }
        return .object(object)
    }

    /// nil where a stored study has none.
    package init?(json: JSON) {
        guard let members = json.objectValue, !members.isEmpty else { return nil }
        self.init(
            lmCalls: members["lm_calls"]?.intValue, tokens: members["tokens"]?.intValue, usd: members["usd"]?.doubleValue,
            wall: members["wall_ms"]?.intValue.map { .milliseconds($0) })
    }
}
