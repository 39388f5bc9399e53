internal import JSON

extension FieldLimits {
    /// Limits on size hold for numbers, limits on length for texts (in Unicode scalars, as Python counts), lists and objects;
    /// a value of another kind, such as the null of an optional field, has none.
    func check(_ value: JSON) throws(CastError) {
        guard !values.isEmpty else { return }
        for (key, limit) in values where !Self.holds(key, limit, value) {
            throw .outsideLimit(value, limit: FieldLimits([key: limit]).text ?? key)
        }
    }

    private static func holds(_ key: String, _ limit: JSON, _ value: JSON) -> Bool {
        switch key {
        case "gt": compare(value, limit, by: >, >)
        case "ge": compare(value, limit, by: >=, >=)
        case "lt": compare(value, limit, by: <, <)
        case "le": compare(value, limit, by: <=, <=)
        case "multiple_of": isMultiple(value, of: limit)
        case "min_length": length(of: value).map { $0 >= limit.intValue ?? 0 } ?? true
        case "max_length": length(of: value).map { $0 <= limit.intValue ?? .max } ?? true
        default: true
        }
    }

    /// Integers are compared as such: beyond 2^53 doubles would blur them.
    private static func compare(
        _ value: JSON, _ limit: JSON, by integers: (Int, Int) -> Bool, _ doubles: (Double, Double) -> Bool
    ) -> Bool {
        if case .int(let value) = value, case .int(let limit) = limit { return integers(value, limit) }
        guard let value = value.doubleValue, let limit = limit.doubleValue else { return true }
        return doubles(value, limit)
    }

    /// As Pydantic: of doubles a multiple may be missed by a billionth of the value.
    private static func isMultiple(_ value: JSON, of unit: JSON) -> Bool {
        if case .int(let value) = value, case .int(let unit) = unit { return unit == 0 || unit == -1 || value % unit == 0 }
        guard let value = value.doubleValue, let unit = unit.doubleValue, unit != 0 else { return true }
        let rest = abs(value.truncatingRemainder(dividingBy: unit))
        let tolerance = abs(value) / 1e9
        return rest <= tolerance || abs(rest - abs(unit)) <= tolerance
    }

    private static func length(of value: JSON) -> Int? {
        switch value {
        case .string(let text): text.unicodeScalars.count
        case .array(let elements): elements.count
        case .object(let members): members.count
        default: nil
        }
    }
}
