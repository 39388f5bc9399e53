internal import JSON

extension Check {
    /// The keys that are conditions.
    static let conditionKeys = [
        "equals", "not_equals", "one_of", "matches", "not_matches", "contains", "not_contains", "min_length", "max_length",
        "min_words", "max_words", "min_items", "max_items", "unique", "ge", "gt", "le", "lt", "appears_in", "differs_from",
        "not_empty", "any", "all", "not",
    ]

    /// Reads a check and reports what is wrong with it.
    /// - Parameters:
    ///   - subject: the value that it is about, where the entry around it says so.
    ///   - extra: further keys that the entry may have.
    init?(reading value: JSON, about subject: String?, extra: [String] = [], path: JSONPath, reader: inout SectionReader) {
        guard let members = reader.object(value, path: path, what: "a check") else { return nil }
        reader.check(keysOf: members, allowed: ["value"] + Self.conditionKeys + extra, path: path, what: "a check")
        guard let name = reader.string(members, "value", path: path) ?? subject else {
            if members["value"] == nil { reader.report(path, "a check names its value: {value: answer, max_words: 5}") }
            return nil
        }
        self.init(members, about: name, path: path, reader: &reader)
    }

    /// The check that the condition keys of `members` make, whatever else is among them.
    init?(_ members: JSONObject, about name: String, path: JSONPath, reader: inout SectionReader) {
        let keys = members.keys.filter { Self.conditionKeys.contains($0) }
        let conditions = keys.compactMap { key in
            members[key].flatMap { Self.condition(key, $0, about: name, path: path.appending(key), reader: &reader) }
        }
        guard !keys.isEmpty else {
            let known = Self.conditionKeys.joined(separator: ", ")
            reader.report(path, "a check demands something of '\(name)', by at least one of \(known)")
            return nil
        }
        guard conditions.count == keys.count else { return nil }
        value = name
        self.conditions = conditions
        json = JSONObject([("value", .string(name))] + keys.compactMap { key in members[key].map { (key, $0) } })
    }

    private static func condition(
        _ key: String, _ value: JSON, about name: String, path: JSONPath, reader: inout SectionReader
    ) -> Condition? {
        func refused(_ expected: String) -> Condition? {
            reader.report(path, "'\(key)' is \(expected), not \(value.serialized())")
            return nil
        }
        switch key {
        case "equals": return .equals(value)
        case "not_equals": return .not(.equals(value))
        case "one_of":
            guard let values = value.arrayValue, !values.isEmpty else { return refused("a list of values") }
            return .oneOf(values)
        case "matches", "not_matches":
            guard let text = value.stringValue else { return refused("a regular expression") }
            do {
                let pattern = Condition.matches(try CheckPattern(text))
                return key == "matches" ? pattern : .not(pattern)
            } catch { return refused("a regular expression (\(error))") }
        case "contains", "not_contains":
            let parts = value.arrayValue ?? [value]
            guard !parts.isEmpty else { return refused("a text, or a list of texts") }
            // None of several may be there.
            return key == "contains" ? .contains(parts) : .not(.any(parts.map { Check(name, .contains([$0])) }))
        case "ge", "gt", "le", "lt":
            guard let number = value.doubleValue, let comparison = Comparison(rawValue: key) else { return refused("a number") }
            return .number(comparison, number)
        case "unique", "not_empty":
            guard value == true else { return refused("true or left out") }
            return key == "unique" ? .unique : .not(.empty)
        case "appears_in": return value.stringValue.map { .appearsIn($0) } ?? refused("the name of a value")
        case "differs_from":
            let names = (value.arrayValue ?? [value]).compactMap(\.stringValue)
            guard !names.isEmpty, names.count == value.arrayValue?.count ?? 1 else { return refused("a list of names of values") }
            return .differsFrom(names)
        case "any", "all", "not": return composition(key, value, about: name, path: path, reader: &reader)
        default:
            let words = key.split(separator: "_").map(String.init)
            guard let bound = Bound(rawValue: words[0]), let measure = Measure(rawValue: words[1]) else { return nil }
            guard let limit = value.intValue, limit >= 0 else { return refused("a count") }
            return .size(measure, bound, limit)
        }
    }

    private static func composition(
        _ key: String, _ value: JSON, about name: String, path: JSONPath, reader: inout SectionReader
    ) -> Condition? {
        if key == "not" {
            return Check(reading: value, about: name, path: path, reader: &reader).map { .not(.all([$0])) }
        }
        guard let list = value.arrayValue, !list.isEmpty else {
            reader.report(path, "'\(key)' is a list of checks, not \(value.kindName)")
            return nil
        }
        let checks = list.indices.compactMap { index in
            Check(reading: list[index], about: name, path: path.appending(index), reader: &reader)
        }
        guard checks.count == list.count else { return nil }
        return key == "any" ? .any(checks) : .all(checks)
    }

    /// A part of a condition, which no file states by itself.
    private init(_ value: String, _ condition: Condition) {
        self.value = value
        conditions = [condition]
        json = [:]
    }
}

extension Reward {
    /// Reads a list of checks, each with its optional `weight`.
    init?(reading value: JSON?, path: JSONPath, reader: inout SectionReader) {
        guard let list = value?.arrayValue, !list.isEmpty else {
            reader.report(
                path, "a reward is a list of checks; the share that holds is the score: [{value: answer, max_words: 5}]")
            return nil
        }
        var checks: [(check: Check, weight: Double)] = []
        for (index, entry) in list.enumerated() {
            let path = path.appending(index)
            let weight = entry["weight"] ?? 1
            if weight.doubleValue.map({ $0 > 0 && $0.isFinite }) != true {
                reader.report(path.appending("weight"), "'weight' is a number above 0, not \(weight.serialized())")
            }
            guard let check = Check(reading: entry, about: nil, extra: ["weight"], path: path, reader: &reader) else { continue }
            checks.append((check, weight.doubleValue ?? 1))
        }
        guard checks.count == list.count else { return nil }
        self.init(checks: checks)
    }
}
