public import JSON

extension DeclaredProgram {
    /// The program of a study file's `program` section.
    /// - Parameters:
    ///   - inputs: the names that a row gives to the program; nil: every name that a step needs and no earlier step gives.
    ///   - loadEnum: the values in a file that an `enum` names.
    /// - Throws: everything that is wrong, with paths from the section's root.
    public init(section: JSON, inputs: [String]?, loadEnum: (String) throws -> [JSON]) throws(Diagnostics) {
        self = try withoutActuallyEscaping(loadEnum) { loadEnum throws(Diagnostics) in
            try Self.read(section, inputs: inputs, steps: StepReader(loadEnum: loadEnum))
        }
    }

    private static func read(_ section: JSON, inputs: [String]?, steps stepReader: StepReader) throws(Diagnostics)
        -> DeclaredProgram
    {
        var reader = SectionReader()
        guard let members = reader.object(section, path: JSONPath(), what: "program") else { throw Diagnostics(reader.findings) }
        reader.check(keysOf: members, allowed: ["steps", "outputs"], path: JSONPath(), what: "program")
        let path = JSONPath([.key("steps")])
        guard let list = members["steps"]?.arrayValue, !list.isEmpty else {
            reader.report(path, "a program needs a list of steps")
            throw Diagnostics(reader.findings)
        }
        var wiring = Wiring(inputs: inputs)
        var steps: [DeclaredStep] = []
        let given = list.map { stepReader.step($0, path: .init(), quietly: true) }
        for (index, entry) in list.enumerated() {
            let path = path.appending(index)
            guard let step = stepReader.step(entry, path: path, reader: &reader) else { continue }
            let later = given[(index + 1)...].compactMap { $0 }.flatMap(\.outputNames)
            wiring.add(step, after: steps, later: later, path: path.appending(step.name), reader: &reader)
            steps.append(step)
        }
        let outputs = wiring.outputs(members["outputs"], last: steps.last, path: JSONPath([.key("outputs")]), reader: &reader)
        guard reader.findings.isEmpty else { throw Diagnostics(reader.findings) }
        return DeclaredProgram(inputNames: wiring.inputs, outputNames: outputs, steps: steps)
    }
}

extension StepReader {
    /// A look ahead, to say of a missing name that a later step gives it.
    fileprivate func step(_ value: JSON, path: JSONPath, quietly: Bool) -> DeclaredStep? {
        var reader = SectionReader()
        return step(value, path: path, reader: &reader)
    }
}

/// Which names a step can use.
private struct Wiring {
    private(set) var inputs: [String]
    /// Whether the inputs are what the steps turn out to need.
    private let isOpen: Bool
    /// The step that gave a name.
    private var givers: [String: String] = [:]
    private var qualified: [String] = []

    init(inputs: [String]?) {
        self.inputs = inputs ?? []
        isOpen = inputs == nil
    }

    private var available: [String] { inputs + givers.keys.sorted() + qualified }

    mutating func add(
        _ step: DeclaredStep, after steps: [DeclaredStep], later: [String], path: JSONPath, reader: inout SectionReader
    ) {
        if steps.contains(where: { $0.name == step.name }) {
            reader.report(path, "step '\(step.name)' appears twice; a step's name must be its own")
        }
        for field in step.signature.inputs { provide(field, for: step, later: later, path: path, reader: &reader) }
        for name in step.outputNames {
            if let giver = givers[name] {
                reader.report(path, "output '\(name)' of step '\(step.name)' hides that of step '\(giver)'; rename one of them")
            } else if inputs.contains(name) {
                reader.report(path, "output '\(name)' of step '\(step.name)' hides the program's input '\(name)'; rename it")
            }
            givers[name] = step.name
        }
        qualified += step.signature.outputs.map { "\(step.name).\($0.name)" }
    }

    private mutating func provide(
        _ field: Field, for step: DeclaredStep, later: [String], path: JSONPath, reader: inout SectionReader
    ) {
        let source = step.source(of: field.name)
        let isRenamed = step.sources[field.name] != nil
        if inputs.contains(source) || givers[source] != nil || qualified.contains(source) { return }
        if field.isOptional && !isRenamed { return }
        if isOpen && !source.contains(".") && !later.contains(source) {
            inputs.append(source)
            return
        }
        let hint =
            later.contains(source)
            ? "; a later step gives it, move that step up."
            : nearestName(to: source, in: available).map { "; did you mean '\($0)'?" } ?? "."
        reader.report(
            isRenamed ? path.appending("with").appending(field.name) : path,
            "step '\(step.name)' needs '\(source)', which nothing provides\(hint) Available: \(available.joined(separator: ", "))"
        )
    }

    func outputs(_ value: JSON?, last: DeclaredStep?, path: JSONPath, reader: inout SectionReader) -> [String] {
        guard let value else { return last?.outputNames ?? [] }
        guard let list = value.arrayValue, !list.isEmpty else {
            reader.report(path, "outputs is a list of names, not \(value.kindName)")
            return []
        }
        var outputs: [String] = []
        let known = givers.keys.sorted() + qualified
        for (index, entry) in list.enumerated() {
            guard let name = entry.stringValue, known.contains(name) else {
                let hint = entry.stringValue.flatMap { nearestName(to: $0, in: known) }.map { "; did you mean '\($0)'?" } ?? ";"
                reader.report(
                    path.appending(index),
                    "no step gives '\(entry.stringValue ?? entry.serialized())'\(hint) Given: \(known.joined(separator: ", "))")
                continue
            }
            if outputs.contains(name) { reader.report(path.appending(index), "output '\(name)' appears twice") }
            outputs.append(name)
        }
        return outputs
    }
}
