internal import JSON

/// A name that a step reads.
struct NameUse {
    var source: String
    /// Whether the step can do without.
    var isOptional = false
}

/// What the steps at one place of a program can use: the program's inputs, and what earlier steps give. A step inside another
/// one also sees what that one sees. Every name has one giver.
struct NameScope {
    private(set) var inputs: [String]
    /// Whether the inputs are what the steps turn out to need.
    let isOpen: Bool
    /// The step that gave a name.
    private var givers: [String: String] = [:]
    private var qualified: [String] = []
    /// The steps so far, and whether each asks a model.
    private var steps: [String: Bool] = [:]
    /// What steps give that come later.
    private var later: [String] = []
    /// What steps give that run at the same time.
    var beside: [String] = []

    init(inputs: [String]?) {
        self.inputs = inputs ?? []
        isOpen = inputs == nil
    }

    var available: [String] { inputs + given }
    var given: [String] { givers.keys.sorted() + qualified }

    func contains(_ name: String) -> Bool { inputs.contains(name) || givers[name] != nil || qualified.contains(name) }

    // MARK: Steps

    /// Wires a list of steps, each of which sees the ones before it.
    mutating func wire(_ list: inout [DeclaredStep], reader: inout SectionReader) {
        let afterwards = later
        for index in list.indices {
            later = list[(index + 1)...].flatMap(\.content.outputNames) + afterwards
            wire(&list[index], reader: &reader)
            give(list[index], reader: &reader)
        }
        later = afterwards
    }

    mutating func wire(_ step: inout DeclaredStep, reader: inout SectionReader) {
        step.content.wire(&self, as: step.name, path: step.path, reader: &reader)
    }

    /// What was wired in a scope inside this one may have found new inputs of the program.
    mutating func takeInputs(of inner: NameScope) { inputs = inner.inputs }

    /// Makes what `step` gives available.
    mutating func give(_ step: DeclaredStep, reader: inout SectionReader) {
        if steps.updateValue(step.content.asksModel, forKey: step.name) != nil {
            reader.report(step.path, "step '\(step.name)' appears twice; a step's name must be its own")
        }
        let outputs = step.content.outputNames
        for name in outputs {
            give(name, by: step.name, mayExist: step.content.grows.contains(name), path: step.path, reader: &reader)
        }
        qualified += (step.content.asides + outputs).map { "\(step.name).\($0)" }
    }

    mutating func give(_ name: String, by step: String, mayExist: Bool = false, path: JSONPath, reader: inout SectionReader) {
        if let giver = givers[name], !mayExist {
            reader.report(path, "output '\(name)' of step '\(step)' hides that of step '\(giver)'; rename one of them")
        } else if inputs.contains(name), !mayExist {
            reader.report(path, "output '\(name)' of step '\(step)' hides the program's input '\(name)'; rename it")
        }
        givers[name] = step
    }

    // MARK: Names

    /// Checks that the value which `step` reads is there. Where the inputs are open, a new one is made of it.
    mutating func provide(_ use: NameUse, to step: String, path: JSONPath, reader: inout SectionReader) {
        if contains(use.source) || use.isOptional { return }
        if isOpen, !use.source.contains("."), !later.contains(use.source), !beside.contains(use.source) {
            inputs.append(use.source)
            return
        }
        let reason = "step '\(step)' needs '\(use.source)', which nothing provides\(hint(for: use.source))"
        reader.report(path, "\(reason) Available: \(available.joined(separator: ", "))")
    }

    private func hint(for name: String) -> String {
        if later.contains(name) { return "; a later step gives it, move that step up." }
        if beside.contains(name) { return "; a step that runs at the same time gives it, let it run before." }
        return nearestName(to: name, in: available).map { "; did you mean '\($0)'?" } ?? "."
    }

    /// Checks the step that a failed assertion blames.
    func check(blamed name: String, path: JSONPath, reader: inout SectionReader) {
        let asking = steps.filter(\.value).keys.sorted()
        switch steps[name] {
        case true: return
        case false: reader.report(path, "step '\(name)' asks no model; name one that does: \(asking.joined(separator: ", "))")
        case nil where asking.isEmpty:
            reader.report(path, "there is no step '\(name)' before this one, nor any other that asks a model")
        case nil:
            let hint = nearestName(to: name, in: asking).map { "; did you mean '\($0)'?" } ?? ";"
            reader.report(path, "there is no step '\(name)' before this one\(hint) Steps: \(asking.joined(separator: ", "))")
        }
    }

    // MARK: The program's outputs

    func outputs(_ value: JSON?, last: DeclaredStep?, path: JSONPath, reader: inout SectionReader) -> [String] {
        guard let value else {
            if let last { return last.content.outputNames }
            reader.report(path, "no step gives a value; a program needs one, of a predictor or a search")
            return []
        }
        guard let list = value.arrayValue, !list.isEmpty else {
            reader.report(path, "outputs is a list of names, not \(value.kindName)")
            return []
        }
        var outputs: [String] = []
        for (index, entry) in list.enumerated() {
            guard let name = entry.stringValue, given.contains(name) else {
                let hint = entry.stringValue.flatMap { nearestName(to: $0, in: given) }.map { "; did you mean '\($0)'?" } ?? ";"
                reader.report(
                    path.appending(index),
                    "no step gives '\(entry.stringValue ?? entry.serialized())'\(hint) Given: \(given.joined(separator: ", "))")
                continue
            }
            if outputs.contains(name) { reader.report(path.appending(index), "output '\(name)' appears twice") }
            outputs.append(name)
        }
        return outputs
    }
}
