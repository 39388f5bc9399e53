internal import JSON

/// Reads a `metric` section key by key, collecting what is wrong with it.
struct MetricReader {
    let members: JSONObject
    /// The program's.
    let outputs: [String]
    let path: JSONPath
    private(set) var findings: [Diagnostic] = []
    /// The section as it is read, with default names filled in.
    var section: JSONObject

    static func plan(_ section: JSON, outputs: [String], path: JSONPath = JSONPath()) throws(Diagnostics) -> MetricPlan {
        guard let members = section.objectValue else {
            throw Diagnostics([Diagnostic(path, "metric is an object such as {kind: exact_match}, not \(section.kindName)")])
        }
        var reader = MetricReader(members: members, outputs: outputs, path: path, section: members)
        let plan = reader.read()
        guard reader.findings.isEmpty, let plan else { throw Diagnostics(reader.findings) }
        return plan
    }

    private init(members: JSONObject, outputs: [String], path: JSONPath, section: JSONObject) {
        self.members = members
        self.outputs = outputs
        self.path = path
        self.section = section
    }

    /// Reads a part of another reader's section.
    init(reading members: JSONObject, at path: JSONPath, of other: MetricReader) {
        self.init(members: members, outputs: other.outputs, path: path, section: members)
    }

    private mutating func read() -> MetricPlan? {
        let kinds = MetricKind.allCases.map(\.rawValue)
        let name = string("kind")
        let kind = MetricKind(name: name, isWeighted: members["weighted"] != nil)
        if members["kind"] == nil, kind == nil { report("kind", "a metric needs a kind: \(kinds.joined(separator: ", "))") }
        if let name, kind == nil {
            report("kind", "unknown metric '\(name)'\(Self.hint(name, kinds)) Known: \(kinds.joined(separator: ", "))")
        }
        guard let kind else { return nil }
        let allowed = ["kind"] + kind.keys
        for key in members.keys where !allowed.contains(key) {
            let why = key == "threshold" && kind.isGradedByModel ? Self.thresholdAdvice : Self.hint(key, allowed)
            report(key, "unknown key '\(key)' in metric\(why) Allowed: \(allowed.joined(separator: ", "))")
        }
        switch kind {
        case .exactMatch, .accuracy, .macroF1, .f1, .hotPotF1, .contains, .numeric: return fieldComparison(kind)
        case .passageMatch: return passageMatch()
        case .jsonEquality: return jsonEquality()
        case .semanticF1: return semanticF1()
        case .completeAndGrounded: return completeAndGrounded()
        case .lmJudge: return rubricJudge()
        case .embeddingSimilarity: return embeddingSimilarity()
        case .weighted: return weighted()
        case .swift: return registered()
        case .process: return process()
        }
    }

    private static let thresholdAdvice =
        ": it scores by degrees; the score from which on an answer serves as a demo is the optimizer's metric_threshold."

    // MARK: Keys

    mutating func report(_ key: String, _ message: String) { report(path.appending(key), message) }

    mutating func report(_ path: JSONPath, _ message: String) { findings.append(Diagnostic(path, message)) }

    mutating func take(_ others: [Diagnostic]) { findings += others }

    static func hint(_ name: String, _ known: [String]) -> String {
        nearestName(to: name, in: known).map { "; did you mean '\($0)'?" } ?? ";"
    }

    mutating func string(_ key: String) -> String? {
        guard let value = members[key] else { return nil }
        if value.stringValue == nil { report(key, "'\(key)' is a string, not \(value.kindName)") }
        return value.stringValue
    }

    mutating func strings(_ key: String) -> [String]? {
        guard let value = members[key] else { return nil }
        let texts = value.arrayValue?.compactMap(\.stringValue)
        if let texts, texts.count == value.arrayValue?.count { return texts }
        report(key, "'\(key)' is a list of strings, not \(value.serialized())")
        return nil
    }

    mutating func flag(_ key: String) -> Bool {
        guard let value = members[key] else { return false }
        if value.boolValue == nil { report(key, "'\(key)' is true or false, not \(value.kindName)") }
        return value.boolValue ?? false
    }

    /// The score from which on an answer counts as right.
    mutating func threshold() -> Double? {
        guard let value = members["threshold"] else { return nil }
        if let threshold = value.doubleValue, threshold > 0, threshold <= 1 { return threshold }
        report("threshold", "'threshold' is a number above 0 and up to 1, not \(value.serialized())")
        return nil
    }

    // MARK: Names

    /// Reports a name that is no output of the program.
    @discardableResult
    mutating func check(output name: String, at path: JSONPath) -> Bool {
        if outputs.contains(name) { return true }
        report(path, "the program has no output '\(name)'\(Self.hint(name, outputs)) Outputs: \(outputs.joined(separator: ", "))")
        return false
    }

    /// The output at `key`, else the one named `usual`, else the only one.
    mutating func output(_ key: String, usual: String? = nil) -> String? {
        let usual = usual.flatMap { outputs.contains($0) ? $0 : nil }
        let name = string(key) ?? (members[key] == nil ? usual ?? (outputs.count == 1 ? outputs.first : nil) : nil)
        if let name, !check(output: name, at: path.appending(key)) { return nil }
        if name == nil, members[key] == nil {
            report(key, "the program has several outputs; name the one to judge: \(outputs.joined(separator: ", "))")
        }
        section[key] = name.map(JSON.string)
        return name
    }

    /// The row's field at `key`, else the one named `usual`.
    mutating func rowField(_ key: String, usual: String?) -> String? {
        let name = string(key) ?? (members[key] == nil ? usual : nil)
        section[key] = name.map(JSON.string) ?? section[key]
        return name
    }

    /// The output that is judged and the field that it is compared with.
    mutating func fieldAndLabel() -> (field: String, label: String)? {
        let field = output("field")
        let label = rowField("label", usual: field)
        guard let field, let label else { return nil }
        return (field, label)
    }
}
