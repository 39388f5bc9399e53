internal import JSON

/// Reads one section of a study file and gathers what is wrong with it. A key with the value null counts as absent.
struct Section {
    let path: JSONPath
    let members: JSONObject
    private(set) var findings: [Diagnostic] = []

    /// Finds fault with a `value` that is no section, and reads it as an empty one.
    init(_ value: JSON?, at path: JSONPath, keys: [String]) {
        self.path = path
        members = value?.objectValue ?? JSONObject()
        if let value, value.objectValue == nil {
            findings.append(Diagnostic(path, "expected a section with the keys \(listing(keys)), found \(value.kindName)"))
        }
        for key in members.keys where !keys.contains(key) {
            findings.append(Diagnostic(path.appending(key), unknown("key", key, known: keys)))
        }
    }

    subscript(key: String) -> JSON? {
        guard let value = members[key], !value.isNull else { return nil }
        return value
    }

    mutating func refuse(_ key: String, _ message: String) {
        findings.append(Diagnostic(path.appending(key), message))
    }

    mutating func add(_ diagnostics: [Diagnostic]) { findings += diagnostics }

    mutating func string(_ key: String) -> String? {
        guard let value = self[key] else { return nil }
        guard let text = value.stringValue else {
            refuse(key, "expected a string, found \(found(value))")
            return nil
        }
        guard !text.isEmpty else {
            refuse(key, "is empty; give a value or remove the key")
            return nil
        }
        return text
    }

    mutating func int(_ key: String, atLeast minimum: Int) -> Int? {
        guard let value = self[key] else { return nil }
        guard case .int(let number) = value else {
            refuse(key, "expected an integer, found \(found(value))")
            return nil
        }
        guard number >= minimum else {
            refuse(key, "must be at least \(minimum), found \(number)")
            return nil
        }
        return number
    }

    mutating func double(_ key: String, in range: ClosedRange<Double>) -> Double? {
        guard let value = self[key] else { return nil }
        guard let number = value.doubleValue else {
            refuse(key, "expected a number, found \(found(value))")
            return nil
        }
        guard range.contains(number) else {
            refuse(key, "must be between \(range.lowerBound) and \(range.upperBound), found \(found(value))")
            return nil
        }
        return number
    }

    mutating func bool(_ key: String) -> Bool? {
        guard let value = self[key] else { return nil }
        guard case .bool(let flag) = value else {
            refuse(key, "expected true or false, found \(found(value))")
            return nil
        }
        return flag
    }

    mutating func duration(_ key: String) -> Duration? {
        guard let value = self[key] else { return nil }
        guard let text = value.stringValue, let duration = Duration(parsing: text) else {
            refuse(key, "expected a duration such as 60s, 30m or 9h, found \(found(value))")
            return nil
        }
        guard duration > .zero else {
            refuse(key, "must be longer than zero")
            return nil
        }
        return duration
    }

    mutating func strings(_ key: String) -> [String]? {
        guard let value = self[key] else { return nil }
        guard let elements = value.arrayValue else {
            refuse(key, "expected a list of names, found \(found(value))")
            return nil
        }
        var names: [String] = []
        for (index, element) in elements.enumerated() {
            let message: String
            switch element.stringValue {
            case nil: message = "expected a name, found \(found(element))"
            case "": message = "is empty"
            case let name? where names.contains(name): message = "'\(name)' is listed twice"
            case let name?:
                names.append(name)
                continue
            }
            findings.append(Diagnostic(path.appending(key).appending(index), message))
        }
        return names.count == elements.count ? names : nil
    }

    /// `a string ("abc")`: what was found instead of what was expected.
    private func found(_ value: JSON) -> String {
        switch value {
        case .string, .int, .double, .bool: "\(value.kindName) (\(value.serialized()))"
        default: value.kindName
        }
    }
}

/// `a, b, c` for an error message.
func listing(_ names: some Sequence<String>) -> String { names.joined(separator: ", ") }

/// `unknown key 'modle'; did you mean 'model'? Allowed: …`.
func unknown(_ noun: String, _ name: String, known: [String]) -> String {
    let hint = nearestName(to: name, in: known).map { "did you mean '\($0)'? " } ?? ""
    return "unknown \(noun) '\(name)'; \(hint)allowed: \(listing(known))"
}
