internal import JSON

extension Check {
    /// As pseudo-code states it: `len(search_query) <= 100`.
    var condition: String { conditions.map { $0.pseudocode(of: value) }.joined(separator: " and ") }
}

extension Check.Condition {
    fileprivate func pseudocode(of name: String) -> String {
        switch self {
        case .equals(let value): "\(name) == \(value.serialized())"
        case .oneOf(let values): "\(name) in \(JSON.array(values).serialized())"
        case .matches(let pattern): "search(\(JSON.string(pattern.text).serialized()), \(name))"
        case .contains(let parts): parts.map { "\($0.serialized()) in \(name)" }.joined(separator: " and ")
        case .size(let measure, let bound, let limit):
            "\(measure == .words ? "len(words(\(name)))" : "len(\(name))") \(bound == .min ? ">=" : "<=") \(limit)"
        case .number(let comparison, let limit): "\(name) \(comparison.symbol) \(JSON.number(limit).serialized())"
        case .appearsIn(let other): "appears_in(\(name), \(other))"
        case .differsFrom(let others): "\(name) not in [\(others.joined(separator: ", "))]"
        case .empty: "is_empty(\(name))"
        case .unique: "is_unique(\(name))"
        case .any(let checks): "(\(checks.map(\.condition).joined(separator: " or ")))"
        case .all(let checks): "(\(checks.map(\.condition).joined(separator: " and ")))"
        case .not(let condition): "not \(condition.pseudocode(of: name))"
        }
    }
}

extension Check.Comparison {
    fileprivate var symbol: String {
        switch self {
        case .ge: ">="
        case .gt: ">"
        case .le: "<="
        case .lt: "<"
        }
    }
}
