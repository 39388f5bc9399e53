package import JSON

/// The study's budget: safety limits that cut the table of trials to a prefix. Nil: no limit.
package struct StudyLimits: Sendable, Hashable {
    /// Requests that are sent to LMs, of all roles.
    package var lmCalls: Int?
    /// Wall time of the run.
    package var wall: Duration?

    package init(lmCalls: Int? = nil, wall: Duration? = nil) {
        self.lmCalls = lmCalls
        self.wall = wall
    }

    package var json: JSON {
        ["lm_calls": lmCalls.map(JSON.int) ?? .null, "wall_ms": wall.map { .int($0.milliseconds) } ?? .null]
    }

    package init(json: JSON) {
        self.init(lmCalls: json["lm_calls"]?.intValue, wall: json["wall_ms"]?.intValue.map { .milliseconds($0) })
    }
}
