public import JSON

/// What LM calls cost.
public struct Usage: Sendable, Hashable {
    /// Requests answered with 2xx.
    public var calls: Int
    /// All requests that were sent.
    public var attempts: Int
    /// Answers that came from a cache, without a request.
    public var cached: Int
    /// Tokens that were sent.
    public var promptTokens: Int
    /// Tokens that came back.
    public var completionTokens: Int

    /// Of these calls; by default, of none.
    public init(calls: Int = 0, attempts: Int = 0, cached: Int = 0, promptTokens: Int = 0, completionTokens: Int = 0) {
        self.calls = calls
        self.attempts = attempts
        self.cached = cached
        self.promptTokens = promptTokens
        self.completionTokens = completionTokens
    }

    /// Nothing.
    public static let zero = Usage()

    public static func + (left: Usage, right: Usage) -> Usage {
        Usage(
            calls: left.calls + right.calls, attempts: left.attempts + right.attempts, cached: left.cached + right.cached,
            promptTokens: left.promptTokens + right.promptTokens,
            completionTokens: left.completionTokens + right.completionTokens)
    }

    public static func += (left: inout Usage, right: Usage) { left = left + right }

    /// `{"calls", "attempts", "cached", "prompt_tokens", "completion_tokens"}`.
    public var json: JSON {
        [
            "calls": .int(calls), "attempts": .int(attempts), "cached": .int(cached), "prompt_tokens": .int(promptTokens),
            "completion_tokens": .int(completionTokens),
        ]
    }

    /// Reads what ``json`` writes; nil when a member is missing or not an integer.
    public init?(json: JSON) {
        guard let calls = json["calls"]?.intValue, let attempts = json["attempts"]?.intValue,
            let cached = json["cached"]?.intValue, let promptTokens = json["prompt_tokens"]?.intValue,
            let completionTokens = json["completion_tokens"]?.intValue
        else { return nil }
        self.init(
            calls: calls, attempts: attempts, cached: cached, promptTokens: promptTokens, completionTokens: completionTokens)
    }
}

/// What the LM calls of each role cost.
public struct UsageByRole: Sendable, Hashable {
    private var usages: [Role: Usage] = [:]

    /// Of no calls.
    public init() {}

    /// What one role used.
    public init(_ role: Role, _ usage: Usage) { self[role] = usage }

    /// Nothing.
    public static let zero = UsageByRole()

    /// Zero for a role that was not used.
    public subscript(role: Role) -> Usage {
        get { usages[role] ?? .zero }
        set { usages[role] = newValue == .zero ? nil : newValue }
    }

    /// Of all roles.
    public var total: Usage { usages.values.reduce(.zero, +) }

    public static func + (left: UsageByRole, right: UsageByRole) -> UsageByRole {
        var sum = left
        for (role, usage) in right.usages { sum[role] += usage }
        return sum
    }

    public static func += (left: inout UsageByRole, right: UsageByRole) { left = left + right }

    /// `{"task": {"calls": …}, "judge": …}`, without roles that were not used.
    public var json: JSON {
        .object(JSONObject(Role.allCases.compactMap { role in usages[role].map { (role.rawValue, $0.json) } }))
    }
}
