package import JSON
package import Programs

/// What a study may spend before its search is ended. No part of the fingerprint: it may change while the study runs.
package struct Budget: Sendable, Hashable {
    /// Limits on calls, whoever makes them or for one role alone.
    package struct Limits: Sendable, Hashable {
        /// Requests answered by a model.
        package var lmCalls: Int?
        /// Prompt and completion together.
        package var tokens: Int?
        package var usd: Double?

        package init(lmCalls: Int? = nil, tokens: Int? = nil, usd: Double? = nil) {
            self.lmCalls = lmCalls
            self.tokens = tokens
            self.usd = usd
        }

        var members: JSONObject {
            var object = JSONObject()
            object["lm_calls"] = lmCalls.map(JSON.int)
            object["tokens"] = tokens.map(JSON.int)
            object["usd"] = usd.map(JSON.double)
            return object
        }

        init(json: JSON) {
            self.init(lmCalls: json["lm_calls"]?.intValue, tokens: json["tokens"]?.intValue, usd: json["usd"]?.doubleValue)
        }
    }

    /// USD per million tokens, as the file of prices had it when the budget was set.
    package struct Price: Sendable, Hashable {
        package var prompt: Double
        package var completion: Double

        package init(prompt: Double, completion: Double) {
            self.prompt = prompt
            self.completion = completion
        }
    }

    /// Of all models.
    package var all: Limits
    /// From the study's start, pauses included.
    package var wall: Duration?
    /// Of one role's calls, beside what holds for all.
    package var roles: [Role: Limits]
    /// Of the roles whose calls a limit in USD counts, those of other programs behind a gateway too. Of a role that the study
    /// itself does not call it may be missing: then its calls are refused.
    package var prices: [Role: Price]

    package init(_ all: Limits = Limits(), wall: Duration? = nil, roles: [Role: Limits] = [:], prices: [Role: Price] = [:]) {
        self.all = all
        self.wall = wall
        self.roles = roles.filter { $0.value != Limits() }
        self.prices = prices
    }

    /// Whether money is limited.
    package var limitsMoney: Bool { all.usd != nil || roles.values.contains { $0.usd != nil } }

    /// The limit in USD that counts a role's calls, its own before that of all; nil where none does.
    package func moneyLimit(of role: Role) -> String? {
        if roles[role]?.usd != nil { return "budget.roles.\(role.rawValue).usd" }
        return all.usd == nil ? nil : "budget.usd"
    }

    package var json: JSON {
        var object = all.members
        object["wall_ms"] = wall.map { .int($0.milliseconds) }
        let limited = Role.allCases.compactMap { role in roles[role].map { (role.rawValue, JSON.object($0.members)) } }
        if !limited.isEmpty { object["roles"] = .object(JSONObject(limited)) }
        let priced = Role.allCases.compactMap { role in
            prices[role].map { (role.rawValue, ["prompt": .double($0.prompt), "completion": .double($0.completion)] as JSON) }
        }
        if !priced.isEmpty { object["prices"] = .object(JSONObject(priced)) }
        return .object(object)
    }

    /// nil where a stored study has none.
    package init?(json: JSON) {
        guard let members = json.objectValue, !members.isEmpty else { return nil }
        func byRole<Value>(_ key: String, _ read: (JSON) -> Value?) -> [Role: Value] {
            var values: [Role: Value] = [:]
            for role in Role.allCases { values[role] = members[key]?[role.rawValue].flatMap(read) }
            return values
        }
        self.init(
            Limits(json: json), wall: members["wall_ms"]?.intValue.map { .milliseconds($0) },
            roles: byRole("roles", Limits.init(json:)),
            prices: byRole("prices") { price in
                price["prompt"]?.doubleValue.map { Price(prompt: $0, completion: price["completion"]?.doubleValue ?? 0) }
            })
    }
}
