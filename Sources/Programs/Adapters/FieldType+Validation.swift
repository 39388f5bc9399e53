package import JSON

/// How closely a value fits a type, which decides between the members of a union.
enum Fit: Int, Comparable {
    /// After a conversion: `"3"` as an int.
    case lax
    /// Without loss but of another Python type: `3` as a float.
    case strict
    case exact

    static func < (left: Fit, right: Fit) -> Bool { left.rawValue < right.rawValue }
}

extension FieldType {
    /// `value` converted as Pydantic's lax mode would.
    func validated(_ value: JSON) throws(CastError) -> JSON { try fitted(value).value }

    /// Whether `value` is one of the type's without a conversion.
    func holds(_ value: JSON) -> Bool { (try? validated(value)) == value }

    private func fitted(_ value: JSON) throws(CastError) -> (value: JSON, fit: Fit) {
        switch self {
        case .any: return (value, .exact)
        case .none where value.isNull: return (value, .exact)
        case .string where value.stringValue != nil: return (value, .exact)
        case .bool:
            if case .bool = value { return (value, .exact) }
            if let flag = value.laxBool { return (.bool(flag), .lax) }
        case .int:
            if case .int = value { return (value, .exact) }
            if let number = value.laxInt { return (.int(number), .lax) }
        case .float:
            if case .double = value { return (value, .exact) }
            if case .int(let number) = value { return (.double(Double(number)), .strict) }
            if let number = value.laxDouble { return (.double(number), .lax) }
        case .literal(let allowed):
            if let match = allowed.first(where: { $0 == value }) { return (match, .exact) }
            if let match = allowed.first(where: { $0.isSameNumber(as: value) }) { return (match, .lax) }
            throw .notAllowed(value, allowed)
        case .list(let element):
            if let items = value.arrayValue { return try Self.fitted(items, element ?? .any) }
        case .variadicTuple(let element):
            if let items = value.arrayValue { return try Self.fitted(items, element) }
        case .tuple(nil):
            if value.arrayValue != nil { return (value, .exact) }
        case .tuple(let members?):
            if let items = value.arrayValue, items.count == members.count { return try Self.fitted(items, members) }
        case .dict(let key, let element):
            if let object = value.objectValue { return try Self.fitted(object, key ?? .any, element ?? .any) }
        case .object(let object):
            if let members = value.objectValue { return object.isOpen ? (value, .exact) : try Self.fitted(members, object) }
        case .union(let members):
            return try fitted(value, toAnyOf: members)
        default: break
        }
        throw .wrongType(value, self)
    }

    private static func fitted(_ items: [JSON], _ element: FieldType) throws(CastError) -> (value: JSON, fit: Fit) {
        try fitted(items, items.map { _ in element })
    }

    private static func fitted(_ items: [JSON], _ types: [FieldType]) throws(CastError) -> (value: JSON, fit: Fit) {
        var values: [JSON] = []
        var worst = Fit.exact
        for (item, type) in zip(items, types) {
            let part = try type.fitted(item)
            values.append(part.value)
            worst = min(worst, part.fit)
        }
        return (.array(values), worst)
    }

    private static func fitted(_ object: JSONObject, _ key: FieldType, _ element: FieldType) throws(CastError) -> (
        value: JSON, fit: Fit
    ) {
        var members = JSONObject()
        var worst = Fit.exact
        for (name, item) in object {
            // Keys of JSON are text; a typed key must at least read as its type.
            let isText = if case .literal = key { true } else { key == .string || key == .any }
            if case .literal = key { _ = try key.cast(name) } else if !isText { _ = try key.fitted(.string(name)) }
            let part = try element.fitted(item)
            members[name] = part.value
            worst = min(worst, part.fit)
        }
        return (.object(members), worst)
    }

    private static func fitted(_ members: JSONObject, _ object: ObjectType) throws(CastError) -> (value: JSON, fit: Fit) {
        var result = JSONObject()
        var worst = Fit.exact
        for property in object.properties {
            if let value = members[property.name] {
                let part = try property.type.fitted(value)
                result[property.name] = part.value
                worst = min(worst, part.fit)
            } else if let value = property.defaultValue {
                result[property.name] = value
            } else {
                throw .lacksProperty(object: object.name, property: property.name)
            }
        }
        return (.object(result), worst)
    }

    /// The closest fit wins; of equals the first.
    private func fitted(_ value: JSON, toAnyOf members: [FieldType]) throws(CastError) -> (value: JSON, fit: Fit) {
        var best: (value: JSON, fit: Fit)?
        for member in members {
            guard let candidate = try? member.fitted(value) else { continue }
            if candidate.fit == .exact { return candidate }
            if best.map({ candidate.fit > $0.fit }) ?? true { best = candidate }
        }
        guard let best else { throw .wrongType(value, self) }
        return best
    }
}

extension JSON {
    fileprivate var laxBool: Bool? {
        switch self {
        case .int(0), .double(0): false
        case .int(1), .double(1): true
        case .string(let text):
            switch text.lowercased() {
            case "0", "off", "f", "false", "n", "no": false
            case "1", "on", "t", "true", "y", "yes": true
            default: nil
            }
        default: nil
        }
    }

    fileprivate var laxInt: Int? {
        switch self {
        case .bool(let flag): flag ? 1 : 0
        case .double(let number): Int(exactly: number)
        case .string(let text): Self.integer(text.pythonStripped)
        default: nil
        }
    }

    fileprivate var laxDouble: Double? {
        switch self {
        case .bool(let flag): flag ? 1 : 0
        case .string(let text): PythonLiteral.number(text.pythonStripped)?.doubleValue.flatMap { $0.isFinite ? $0 : nil }
        default: nil
        }
    }

    /// `7`, `+7`, `1_000`, `7.0`.
    private static func integer(_ text: String) -> Int? {
        guard case let value? = PythonLiteral.number(text) else { return nil }
        if case .double(let number) = value { return text.contains(where: { "eE".contains($0) }) ? nil : Int(exactly: number) }
        return value.intValue
    }

    /// As Python compares: `True` is 1.
    fileprivate func isSameNumber(as other: JSON) -> Bool {
        guard let left = pythonNumber, let right = other.pythonNumber else { return false }
        return left == right
    }

    private var pythonNumber: Double? { boolValue.map { $0 ? 1 : 0 } ?? doubleValue }
}

extension Field {
    /// Whether `value` may stand for the field in a parsed answer.
    package func holds(_ value: JSON) -> Bool {
        value == fallback || (type.holds(value) && (try? limits.check(value)) != nil)
    }
}
