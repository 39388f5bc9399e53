internal import JSON

extension Check.Condition {
    /// What follows "must", when `subject` is what the sentence is about.
    func words(of subject: String) -> String {
        switch self {
        case .equals(let value): "be \(value.serialized())"
        case .oneOf(let values): "be one of \(values.map { $0.serialized() }.joined(separator: ", "))"
        case .matches(let pattern): "match the pattern \(pattern.text)"
        case .contains(let parts): "contain \(parts.map { $0.serialized() }.joined(separator: " and "))"
        case .size(.length, let bound, let limit): "be at \(bound.words) \(limit) \(limit == 1 ? "character" : "characters") long"
        case .size(.words, let bound, let limit): "have at \(bound.words) \(limit) \(limit == 1 ? "word" : "words")"
        case .size(.items, let bound, let limit): "have at \(bound.words) \(limit) \(limit == 1 ? "item" : "items")"
        case .number(let comparison, let limit): "be \(comparison.words) \(JSON.number(limit).serialized())"
        case .appearsIn(let name): "appear in `\(name)`"
        case .differsFrom(let names): "differ from \(names.map { "`\($0)`" }.joined(separator: " and "))"
        case .empty: "be empty"
        case .unique: "repeat no item"
        case .any(let checks): Self.words(of: checks, joined: " or ", subject)
        case .all(let checks): Self.words(of: checks, joined: " and ", subject)
        case .not(let condition): "not \(condition.words(of: subject))"
        }
    }

    private static func words(of checks: [Check], joined separator: String, _ subject: String) -> String {
        let parts = checks.map { $0.value == subject ? $0.predicate : $0.words }
        return parts.count == 1 ? parts[0] : "(\(parts.joined(separator: separator)))"
    }
}

extension Check.Bound {
    fileprivate var words: String { self == .min ? "least" : "most" }
}

extension Check.Comparison {
    fileprivate var words: String {
        switch self {
        case .ge: "at least"
        case .gt: "more than"
        case .le: "at most"
        case .lt: "less than"
        }
    }
}

extension JSON {
    /// Without a fraction where there is none.
    static func number(_ value: Double) -> JSON { Int(exactly: value).map(JSON.int) ?? .double(value) }
}
