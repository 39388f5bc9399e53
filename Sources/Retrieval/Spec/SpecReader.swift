internal import JSON

/// Reads a section of a study file key by key and gathers what is wrong with it. A key with the value null counts as absent.
struct SpecReader {
    private let members: JSONObject
    private let path: JSONPath
    private var known: [String] = []
    private(set) var findings: [Diagnostic] = []

    init(_ section: JSON, path: JSONPath, what: String) {
        self.path = path
        members = section.objectValue ?? [:]
        if section.objectValue == nil { findings.append(Diagnostic(path, "expected \(what), found \(section.kindName)")) }
    }

    mutating func refuse(_ key: String, _ message: String) { findings.append(Diagnostic(path.appending(key), message)) }

    /// Asks for a key that is absent; one that is there but wrong has been refused already.
    mutating func require(_ key: String, _ what: String) {
        if members[key].map(\.isNull) ?? true { refuse(key, "is missing: \(what)") }
    }

    private mutating func member(_ key: String) -> JSON? {
        known.append(key)
        return members[key].flatMap { $0.isNull ? nil : $0 }
    }

    mutating func string(_ key: String, mayBeEmpty: Bool = false) -> String? {
        guard let value = member(key) else { return nil }
        guard let text = value.stringValue, mayBeEmpty || !text.isEmpty else {
            refuse(
                key,
                value.stringValue == nil
                    ? "expected a string, found \(value.kindName)" : "is empty; give a value or remove the key")
            return nil
        }
        return text
    }

    mutating func number(_ key: String, in range: ClosedRange<Double>) -> Double? {
        guard let value = member(key) else { return nil }
        guard let number = value.doubleValue, range.contains(number) else {
            refuse(key, "expected a number from \(range.lowerBound) to \(range.upperBound), found \(value.serialized())")
            return nil
        }
        return number
    }

    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: String) -> Choice? {
        guard let value = member(key) else { return nil }
        let names = Choice.allCases.map(\.rawValue)
        if let text = value.stringValue, let choice = Choice(rawValue: text) { return choice }
        let hint = value.stringValue.flatMap { nearestName(to: $0, in: names) }.map { "did you mean '\($0)'? " } ?? ""
        refuse(key, "unknown \(key) \(value.serialized()); \(hint)allowed: \(names.joined(separator: ", "))")
        return nil
    }

    mutating func object(_ key: String) -> JSONObject? {
        guard let value = member(key) else { return nil }
        if value.objectValue == nil { refuse(key, "expected keys with values, found \(value.kindName)") }
        return value.objectValue
    }

    mutating func headers(_ key: String) -> JSONObject? {
        guard let headers = object(key) else { return nil }
        let at = path.appending(key)
        for (name, value) in headers {
            if name.isEmpty || name.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F || $0 == UInt8(ascii: ":") }) {
                findings.append(Diagnostic(at.appending(name), "'\(name)' is no name of a header"))
            }
            if value.stringValue == nil {
                findings.append(Diagnostic(at.appending(name), "expected a string, found \(value.kindName)"))
            } else if value.stringValue?.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0 }) ?? false {
                findings.append(Diagnostic(at.appending(name), "holds a line break, which a header can't have"))
            } else if let rest = value.stringValue.map({ EnvironmentText($0).remainder }), rest.contains("${") {
                findings.append(
                    Diagnostic(
                        at.appending(name),
                        "\(value.serialized()): a variable is written ${NAME}, without a default or anything else"))
            }
        }
        return headers
    }

    mutating func duration(_ key: String) -> Duration? {
        guard let value = member(key) else { return nil }
        guard let match = value.stringValue?.wholeMatch(of: /([0-9]+(?:\.[0-9]+)?)(ms|s|m)/), let count = Double(match.output.1),
            0.001...86400 ~= count * Self.seconds(match.output.2)
        else {
            refuse(key, "expected a duration such as 500ms, 10s or 2m, found \(value.serialized())")
            return nil
        }
        return .milliseconds(Int((count * Self.seconds(match.output.2) * 1000).rounded()))
    }

    private static func seconds(_ unit: Substring) -> Double {
        switch unit {
        case "ms": 0.001
        case "s": 1
        default: 60
        }
    }

    /// Refuses every key that nothing has asked for.
    mutating func refuseOtherKeys(of what: String) {
        for key in members.keys where !known.contains(key) {
            let hint = nearestName(to: key, in: known).map { "did you mean '\($0)'? " } ?? ""
            refuse(key, "unknown key '\(key)' of \(what); \(hint)allowed: \(known.joined(separator: ", "))")
        }
    }
}
