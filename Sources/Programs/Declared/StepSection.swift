internal import JSON

/// What the reading of steps depends on beside the study file's section.
struct StepSurroundings {
    var loadEnum: (String) throws -> [JSON] = { _ in [] }
    /// Those that the program declares.
    var tools: [ToolDescription] = []
    var retrievers: [String] = []
    var allowsCode = false
    /// Whether the steps come from ``DeclaredProgram/json``, where everything is resolved, and not from a study file.
    var isStored = false
}

/// The keys of one step while they are read, and what is wrong with them.
struct StepSection {
    /// The step's, or that of the step around it.
    let name: String
    /// What tells its kind, such as `predict`.
    let key: String
    let members: JSONObject
    let path: JSONPath
    let surroundings: StepSurroundings
    var reader = SectionReader()

    mutating func report(_ key: String, _ message: String) { reader.report(path.appending(key), message) }

    mutating func string(_ key: String) -> String? { reader.string(members, key, path: path) }

    /// A number of things.
    mutating func count(_ key: String, default standard: Int? = nil, atLeast minimum: Int = 1) -> Int? {
        guard let value = members[key] else { return standard }
        if let count = value.intValue, count >= minimum { return count }
        report(key, "'\(key)' is a count of at least \(minimum), not \(value.serialized())")
        return nil
    }

    mutating func number(_ key: String, default standard: Double) -> Double {
        guard let value = members[key] else { return standard }
        if let number = value.doubleValue { return number }
        report(key, "'\(key)' is a number, not \(value.serialized())")
        return standard
    }

    mutating func flag(_ key: String) -> Bool {
        guard let value = members[key] else { return false }
        if let flag = value.boolValue { return flag }
        report(key, "'\(key)' is true or false, not \(value.serialized())")
        return false
    }

    /// The name at `key`, which must be one of `known`; from a stored program any is.
    mutating func name(_ key: String, of what: String, known: [String], declaredAt section: String) -> String? {
        guard let name = string(key) else { return nil }
        check(name, of: what, known: known, declaredAt: section, path: path.appending(key))
        return name
    }

    mutating func check(_ name: String, of what: String, known: [String], declaredAt section: String, path: JSONPath) {
        guard !surroundings.isStored, !known.contains(name) else { return }
        guard !known.isEmpty else {
            return reader.report(path, "the program has no \(what) '\(name)'; declare it under program.\(section)")
        }
        let hint = nearestName(to: name, in: known).map { "; did you mean '\($0)'?" } ?? ";"
        let list = known.joined(separator: ", ")
        reader.report(path, "the program has no \(what) '\(name)'\(hint) Declared under program.\(section): \(list)")
    }

    // MARK: Steps inside

    mutating func steps(_ key: String) -> [DeclaredStep]? {
        StepReader(surroundings).steps(members[key], path: path.appending(key), reader: &reader)
    }

    /// The step under `step`, or the sequence of steps under `steps`.
    mutating func inner() -> DeclaredStep? {
        switch (members["step"], members["steps"]) {
        case (let step?, nil):
            return StepReader(surroundings).step(name, step, path: path.appending("step"), reader: &reader)
        case (nil, .some):
            guard let steps = steps("steps") else { return nil }
            return DeclaredStep(name: name, path: path, content: SequenceStep(steps: steps))
        default:
            reader.report(path, "'\(key)' needs 'step', the step that it runs, or 'steps', a list of them")
            return nil
        }
    }
}
