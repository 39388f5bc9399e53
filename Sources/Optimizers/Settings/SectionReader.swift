internal import JSON

/// Reads a section of a study file key by key, collecting what is wrong with it.
package struct SectionReader {
    private let members: JSONObject
    let path: JSONPath
    /// Whether the section was accepted before and is read again as it was stored.
    let isStored: Bool
    private var known: [String] = []
    private(set) var found: [Diagnostic] = []
    /// Keys that are no settings of the kind, with what to do instead.
    private var hints: [String: String] = [:]

    init(_ members: JSONObject, path: JSONPath, isStored: Bool = false) {
        self.members = members
        self.path = path
        self.isStored = isStored
    }

    func has(_ key: String) -> Bool { members[key].map { !$0.isNull } ?? false }

    /// Whether `key: null` was written.
    func isNull(_ key: String) -> Bool { members[key]?.isNull ?? false }

    mutating func report(_ key: String, _ message: String) { found.append(Diagnostic(path.appending(key), message)) }

    /// Reports a setting that is given and would have no effect beside others. A stored section has all of them.
    mutating func refuse(withoutEffect key: String, _ message: String) {
        if !isStored, has(key) { report(key, message) }
    }

    mutating func take(_ diagnostics: [Diagnostic]) { found += diagnostics }

    /// Says what to do instead of keys that the kind has no setting for.
    mutating func hint(_ hints: [String: String]) { self.hints.merge(hints) { $1 } }

    mutating func member(_ key: String) -> JSON? {
        known.append(key)
        return members[key]
    }

    /// More examples, demos or trials are refused, so that sums and products of a few counts do not overflow.
    static let greatestCount = 1_000_000_000

    mutating func integer(_ key: String, in range: ClosedRange<Int>, into target: inout Int) {
        var value: Int? = target
        integer(key, in: range, into: &value)
        if let value { target = value }
    }

    /// null leaves the target as it is.
    mutating func integer(_ key: String, in range: ClosedRange<Int>, into target: inout Int?) {
        guard let member = member(key), !member.isNull else { return }
        let bounds =
            range.upperBound == .max ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
        guard let value = member.intValue else { return report(key, "expected an integer \(bounds), not \(member.kindName)") }
        // What a running study was stored with stands.
        let greatest = isStored ? range.upperBound : min(range.upperBound, Self.greatestCount)
        guard value <= greatest else {
            return report(key, "\(value) is out of range; give an integer from \(range.lowerBound) to \(greatest)")
        }
        guard value >= range.lowerBound else { return report(key, "\(value) is out of range; give an integer \(bounds)") }
        target = value
    }

    mutating func number(_ key: String, into target: inout Double) {
        var value: Double? = target
        number(key, into: &value)
        if let value { target = value }
    }

    /// null leaves the target as it is.
    mutating func number(_ key: String, into target: inout Double?) {
        guard let member = member(key), !member.isNull else { return }
        guard let value = member.doubleValue, value.isFinite else {
            return report(key, "expected a number, not \(member.kindName)")
        }
        target = value
    }

    mutating func flag(_ key: String, into target: inout Bool) {
        guard let member = member(key), !member.isNull else { return }
        guard let value = member.boolValue else { return report(key, "expected true or false, not \(member.kindName)") }
        target = value
    }

    /// One of a few names; `unavailable` ones are known but refused.
    mutating func name<Name: RawRepresentable<String> & CaseIterable>(
        _ key: String, unavailable: [String] = [], into target: inout Name
    ) {
        guard let member = member(key), !member.isNull else { return }
        let names = Name.allCases.map(\.rawValue)
        let choice = "give one of: \(names.joined(separator: ", "))"
        guard let text = member.stringValue else { return report(key, "expected a name, not \(member.kindName); \(choice)") }
        if let value = Name(rawValue: text) {
            target = value
        } else if unavailable.contains(text) {
            report(key, "'\(text)' is not available yet; \(choice)")
        } else {
            let hint = nearestName(to: text, in: names).map { "did you mean '\($0)'?" } ?? choice
            report(key, "'\(text)' is not known; \(hint)")
        }
    }

    /// Reports every key that nothing has read.
    mutating func finish(kind: String, hints: [String: String]) {
        for key in members.keys where key != "kind" && !known.contains(key) {
            if let hint = self.hints[key] ?? hints[key] {
                report(key, hint)
            } else if let nearest = nearestName(to: key, in: known) {
                report(key, "\(kind) has no setting '\(key)'; did you mean '\(nearest)'?")
            } else {
                report(key, "\(kind) has no setting '\(key)'; it has: \(known.joined(separator: ", "))")
            }
        }
    }
}
