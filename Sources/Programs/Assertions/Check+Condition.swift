internal import JSON

extension Check {
    /// What a check can demand of its value.
    indirect enum Condition: Sendable {
        case equals(JSON)
        case oneOf([JSON])
        case matches(CheckPattern)
        case contains([JSON])
        case size(Measure, Bound, Int)
        case number(Comparison, Double)
        case appearsIn(String)
        case differsFrom([String])
        case empty
        case unique
        case any([Check])
        case all([Check])
        case not(Condition)
    }

    enum Measure: String, Sendable {
        /// Characters of its text.
        case length
        case words
        /// Elements of a list, members of an object.
        case items
    }

    enum Bound: String, Sendable { case min, max }

    enum Comparison: String, Sendable { case ge, gt, le, lt }
}

extension Check.Condition {
    func holds(_ value: JSON, _ values: JSONObject) -> Bool {
        switch self {
        case .equals(let expected): return value.isSame(as: expected)
        case .oneOf(let allowed): return allowed.contains { value.isSame(as: $0) }
        case .matches(let pattern): return pattern.occurs(in: value.checkedText)
        case .contains(let parts): return parts.allSatisfy { value.contains($0) }
        case .size(let measure, .min, let limit): return (value.size(in: measure) ?? 0) >= limit
        case .size(let measure, .max, let limit): return (value.size(in: measure) ?? .max) <= limit
        case .number(let comparison, let limit): return value.checkedNumber.map { comparison.holds($0, limit) } ?? false
        case .appearsIn(let name): return value.appears(in: values[name] ?? .null)
        case .differsFrom(let names): return names.allSatisfy { !value.isAlike(to: values[$0] ?? .null) }
        case .empty: return value.holdsNothing
        case .unique:
            guard let list = value.arrayValue else { return true }
            return list.indices.allSatisfy { !list[..<$0].contains(list[$0]) }
        case .any(let checks): return checks.contains { $0.holds(values) }
        case .all(let checks): return checks.allSatisfy { $0.holds(values) }
        case .not(let condition): return !condition.holds(value, values)
        }
    }

    var references: [String] {
        switch self {
        case .appearsIn(let name): [name]
        case .differsFrom(let names): names
        case .any(let checks), .all(let checks): checks.flatMap(\.references)
        case .not(let condition): condition.references
        default: []
        }
    }
}

extension Check.Comparison {
    fileprivate func holds(_ value: Double, _ limit: Double) -> Bool {
        switch self {
        case .ge: value >= limit
        case .gt: value > limit
        case .le: value <= limit
        case .lt: value < limit
        }
    }
}

extension JSON {
    /// What checks of text look at: a string itself, nothing for null, any other value as JSON.
    fileprivate var checkedText: String { stringValue ?? (isNull ? "" : serialized()) }

    /// A number, or a text that is one.
    fileprivate var checkedNumber: Double? {
        doubleValue ?? stringValue.flatMap { Double($0.filter { !$0.isWhitespace }) }
    }

    /// Numbers by their value, anything else exactly.
    fileprivate func isSame(as other: JSON) -> Bool {
        if let number = doubleValue, let otherNumber = other.doubleValue { return number == otherNumber }
        return self == other
    }

    /// A list by its elements, anything else as text.
    fileprivate func contains(_ part: JSON) -> Bool {
        arrayValue.map { $0.contains { $0.isSame(as: part) } } ?? checkedText.contains(part.checkedText)
    }

    fileprivate func size(in measure: Check.Measure) -> Int? {
        switch measure {
        case .length: checkedText.count
        case .words: checkedText.split(whereSeparator: \.isWhitespace).count
        case .items: isNull ? 0 : arrayValue?.count ?? objectValue?.count
        }
    }

    /// Whether its normalised text occurs in that of `other`, or of one of its elements.
    fileprivate func appears(in other: JSON) -> Bool {
        let text = normalizedText(checkedText)
        guard !text.isEmpty else { return false }
        let places = other.arrayValue ?? [other]
        // Whole words only: "art" is not in "party".
        return places.contains { " \(normalizedText($0.checkedText)) ".contains(" \(text) ") }
    }

    /// Whether its normalised text is that of `other`, or of one of its elements.
    fileprivate func isAlike(to other: JSON) -> Bool {
        let text = normalizedText(checkedText)
        return (other.arrayValue ?? [other]).contains { !$0.isNull && normalizedText($0.checkedText) == text }
    }

    fileprivate var holdsNothing: Bool {
        switch self {
        case .null: true
        case .string(let text): text.allSatisfy(\.isWhitespace)
        case .array(let list): list.isEmpty
        case .object(let members): members.isEmpty
        default: false
        }
    }
}
