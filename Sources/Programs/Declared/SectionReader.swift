internal import JSON

/// Reads parts of a user's file and collects what is wrong with them.
struct SectionReader {
    private(set) var findings: [Diagnostic] = []

    mutating func report(_ path: JSONPath, _ message: String) { findings.append(Diagnostic(path, message)) }

    mutating func take(_ other: SectionReader) { findings += other.findings }

    /// Refuses keys of `object` that are not `allowed`, with the nearest one that is.
    mutating func check(keysOf object: JSONObject, allowed: [String], path: JSONPath, what: String) {
        for key in object.keys where !allowed.contains(key) {
            let hint = nearestName(to: key, in: allowed).map { "; did you mean '\($0)'?" } ?? ";"
            report(path.appending(key), "unknown key '\(key)' in \(what)\(hint) Allowed: \(allowed.joined(separator: ", "))")
        }
    }

    mutating func object(_ value: JSON, path: JSONPath, what: String) -> JSONObject? {
        if let object = value.objectValue { return object }
        report(path, "\(what) is an object with keys, not \(value.kindName)")
        return nil
    }

    /// The string at `key`; nil, after a report, for any other kind of value, and nil when there is none.
    mutating func string(_ object: JSONObject, _ key: String, path: JSONPath) -> String? {
        guard let value = object[key] else { return nil }
        if let text = value.stringValue { return text }
        report(path.appending(key), "'\(key)' is a string, not \(value.kindName)")
        return nil
    }

    /// Checks that `name` can be an attribute or a variable in Python, where a compiled program is loaded, too.
    mutating func check(identifier name: String, of what: String, path: JSONPath) {
        guard name.wholeMatch(of: #/[A-Za-z][A-Za-z0-9_]*/#) != nil else {
            return report(path, "\(what) name '\(name)' is not a name: use letters, digits and underscores")
        }
        do throws(SignatureError) { try SignatureParser.check(fieldName: name) } catch {
            report(path, "'\(name)' is a word of Python and cannot name a \(what)")
        }
    }
}
