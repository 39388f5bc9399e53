internal import JSON

/// A condition on the values that a program has so far, as assertions, rewards and loops in a study file state it:
/// `{value: search_query, max_length: 100}`.
struct Check: Sendable {
    /// The name of the value that it is about.
    let value: String
    /// All must hold.
    let conditions: [Condition]
    /// As it stands in the study file, with the value's name written out.
    let json: JSONObject

    func holds(_ values: JSONObject) -> Bool {
        let checked = values[value] ?? .null
        return conditions.allSatisfy { $0.holds(checked, values) }
    }

    /// The names of all values that it reads.
    var references: [String] {
        conditions.flatMap(\.references).reduce(into: [value]) { names, name in if !names.contains(name) { names.append(name) } }
    }

    /// What it demands, in words: "`search_query` must be at most 100 characters long".
    var words: String { "`\(value)` must \(predicate)" }

    /// What follows "must".
    var predicate: String { conditions.map { $0.words(of: value) }.joined(separator: " and ") }
}

/// How well a program's values meet a list of checks.
struct Reward: Sendable {
    var checks: [(check: Check, weight: Double)]

    /// The weights of the checks that hold, as a share of all.
    func score(_ values: JSONObject) -> Double {
        let total = checks.reduce(0) { $0 + $1.weight }
        return checks.reduce(0) { $0 + ($1.check.holds(values) ? $1.weight : 0) } / total
    }

    var references: [String] { checks.flatMap(\.check.references) }

    /// For a model that is to raise it.
    var words: String { checks.map { $0.check.words + "." }.joined(separator: " ") }

    var json: JSON {
        .array(
            checks.map { check, weight in
                .object(weight == 1 ? check.json : check.json.merging(["weight": .number(weight)]))
            })
    }
}
