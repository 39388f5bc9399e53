public import JSON

/// A compiled program in DSPy's file format: `program.load("file.json")` reads it in Python, and we read DSPy's files.
public struct StateFile: Sendable {
    /// The predictors of the program that the file is for.
    public var predictors: [PredictorDescription]
    /// Its parameters: kept under our own key, since DSPy has none.
    public var parameters: [ParameterDescription]

    /// For a program's predictors and parameters.
    public init(for program: some ProgramHost) { self.init(predictors: program.predictors, parameters: program.parameters) }

    public init(predictors: [PredictorDescription], parameters: [ParameterDescription] = []) {
        self.predictors = predictors
        self.parameters = parameters
    }

    /// A program that is a bare predictor is saved flat, without its path.
    private var isFlat: Bool { predictors.count == 1 && predictors.first?.path == "self" }

    private static let ownKey = "nightshift"
    private static let metadataKey = "metadata"
    /// What no predictor can be called.
    static let ownKeys = [metadataKey, ownKey]
    private static let parametersKey = "parameters"

    /// The file's content.
    /// - Parameter annotations: our own data (scores, study), under a key that DSPy ignores. A flat file has no place for it.
    public func json(_ state: ProgramState, annotations: JSON? = nil) -> JSON {
        let metadata: JSON = ["dependency_versions": [:]]
        if isFlat, let predictor = predictors.first {
            return .object(entry(predictor, state).merging([Self.metadataKey: metadata]))
        }
        var file = JSONObject(predictors.map { ($0.path, .object(entry($0, state))) })
        file[Self.metadataKey] = metadata
        file[Self.ownKey] = own(state, annotations)
        return .object(file)
    }

    private func own(_ state: ProgramState, _ annotations: JSON?) -> JSON? {
        guard !state.parameters.isEmpty else { return annotations }
        return .object((annotations?.objectValue ?? [:]).merging([Self.parametersKey: .object(state.parameters)]))
    }

    /// The file's text: two spaces per level, one newline at the end.
    public func text(_ state: ProgramState, annotations: JSON? = nil) -> String {
        json(state, annotations: annotations).serialized(.pretty) + "\n"
    }

    private func entry(_ predictor: PredictorDescription, _ state: ProgramState) -> JSONObject {
        let own = state[predictor.path]
        let fields = predictor.signature.fields.map { field -> JSON in
            ["prefix": .string(field.prefix), "description": .string(field.description ?? "${\(field.name)}")]
        }
        return [
            "traces": [], "train": [], "demos": .array((own?.demos ?? []).map { .object($0) }),
            "signature": [
                "instructions": .string(predictor.whole(own?.instructions ?? predictor.signature.instructions)),
                "fields": .array(fields),
            ],
            "lm": .null,
        ]
    }

    /// The state in a file's content, ours or DSPy's.
    /// - Throws: every way in which the file does not fit the program.
    public func state(from json: JSON) throws(Diagnostics) -> ProgramState {
        guard let file = json.objectValue else {
            throw Diagnostics([Diagnostic(JSONPath(), "a state file is an object, not \(json.kindName)")])
        }
        var findings: [Diagnostic] = []
        var state = ProgramState([], parameters: JSONObject(parameters.map { ($0.path, $0.initial) }))
        findings += take(parametersIn: file, into: &state)
        for predictor in predictors {
            let path = isFlat ? JSONPath() : JSONPath([.key(predictor.path)])
            guard let entry = isFlat ? json : file[predictor.path] else {
                findings.append(Diagnostic(path, "the file has no predictor '\(predictor.path)'"))
                continue
            }
            do throws(Diagnostic) {
                state[predictor.path] = try read(entry, for: predictor, path: path)
            } catch {
                findings.append(error)
            }
        }
        if !isFlat {
            for key in file.keys where file[key]?["signature"] != nil && !predictors.contains(where: { $0.path == key }) {
                findings.append(Diagnostic(JSONPath([.key(key)]), "the program has no predictor '\(key)'"))
            }
        }
        guard findings.isEmpty else { throw Diagnostics(findings) }
        return state
    }

    /// A file that names none of the program's parameters leaves them as they are: DSPy writes none.
    private func take(parametersIn file: JSONObject, into state: inout ProgramState) -> [Diagnostic] {
        let path = JSONPath([.key(Self.ownKey), .key(Self.parametersKey)])
        var findings: [Diagnostic] = []
        for (name, value) in file[Self.ownKey]?[Self.parametersKey]?.objectValue ?? [:] {
            guard let parameter = parameters.first(where: { $0.path == name }) else {
                findings.append(Diagnostic(path.appending(name), "the program has no parameter '\(name)'"))
                continue
            }
            if parameter.choices.contains(value) {
                state.parameters[name] = value
            } else {
                let choices = parameter.choices.map { $0.serialized() }.joined(separator: ", ")
                findings.append(
                    Diagnostic(path.appending(name), "\(value.serialized()) is none of the program's choices: \(choices)"))
            }
        }
        return findings
    }

    private func read(_ entry: JSON, for predictor: PredictorDescription, path: JSONPath) throws(Diagnostic) -> PredictorState {
        let signature = entry["signature"] ?? .null
        guard let fields = signature["fields"]?.arrayValue else {
            throw Diagnostic(path.appending("signature"), "expected a signature with instructions and fields")
        }
        let expected = predictor.signature.fields
        let names = expected.map(\.name).joined(separator: ", ")
        guard fields.count == expected.count else {
            throw Diagnostic(
                path.appending("signature").appending("fields"),
                "the file has \(fields.count) fields, the program \(expected.count): \(names)"
            )
        }
        for (index, field) in fields.enumerated() {
            guard let name = field.nameInStateFile, name != expected[index].name else { continue }
            throw Diagnostic(
                path.appending("signature").appending("fields").appending(index),
                "the file has the field '\(name)', the program '\(expected[index].name)'; its fields: \(names)")
        }
        // Most files hold no other field names. The same prefixes in another order are another order of fields.
        let prefixes = fields.map { $0["prefix"]?.stringValue ?? "" }
        if prefixes != expected.map(\.prefix), prefixes.sorted() == expected.map(\.prefix).sorted() {
            throw Diagnostic(
                path.appending("signature").appending("fields"),
                "the file's fields are in another order than the program's: \(names)")
        }
        let state: JSON = ["instructions": signature["instructions"] ?? .null, "demos": entry["demos"] ?? []]
        var read = try PredictorState(json: state, path: path)
        read.instructions = predictor.optimizable(read.instructions)
        return read
    }
}

extension JSON {
    /// The name of a field without a description: `${question}` stands in its place.
    fileprivate var nameInStateFile: String? {
        guard let text = self["description"]?.stringValue, let match = text.wholeMatch(of: #/\$\{(\w+)\}/#) else { return nil }
        return String(match.output.1)
    }
}

extension PredictorDescription {
    /// The instructions as they stand in a prompt and in DSPy's files.
    func whole(_ instructions: String) -> String { fixedInstructions.map { "\(instructions)\n\n\($0)" } ?? instructions }

    /// The part of a file's instructions that an optimiser writes.
    fileprivate func optimizable(_ instructions: String) -> String {
        guard let fixedInstructions, instructions.hasSuffix("\n\n" + fixedInstructions) else { return instructions }
        return String(instructions.dropLast(fixedInstructions.count + 2))
    }
}
