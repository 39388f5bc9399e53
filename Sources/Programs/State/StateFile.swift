public import JSON

/// A compiled program in DSPy's file format: `program.load("file.json")` reads it in Python, and we read DSPy's files.
public struct StateFile: Sendable {
    /// The predictors of the program that the file is for.
    public var predictors: [PredictorDescription]
    /// Its parameters: kept under our own key, since DSPy has none.
    public var parameters: [ParameterDescription]

    /// For a program's predictors and parameters.
    public init(for program: some ProgramHost) { self.init(predictors: program.predictors, parameters: program.parameters) }

    /// For these predictors and parameters.
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

    /// The file's content. An ensemble is written as DSPy's EnsembledProgram: its members are `programs[0]`, `programs[1]`, ….
    /// - Parameter annotations: our own data (scores, study), under a key that DSPy ignores. A flat file has no place for it.
    public func json(_ state: ProgramState, annotations: JSON? = nil) -> JSON {
        let metadata: JSON = ["dependency_versions": [:]]
        if isFlat, state.ensemble == nil, let predictor = predictors.first {
            var file = entry(predictor, state).merging([Self.metadataKey: metadata])
            if let own = OwnStateData(state) { file[Self.ownKey] = .object(own.members) }
            return .object(file)
        }
        var file = JSONObject()
        for (number, member) in state.members.enumerated() {
            let prefix = state.ensemble == nil ? "" : Self.prefix(number)
            for predictor in predictors { file[key(of: predictor, prefix)] = .object(entry(predictor, member)) }
        }
        file[Self.metadataKey] = metadata
        file[Self.ownKey] =
            OwnStateData(state).map { .object((annotations?.objectValue ?? [:]).merging($0.members)) } ?? annotations
        return .object(file)
    }

    /// Of the predictors of an ensemble's member, as DSPy names the parts of a list of modules.
    private static func prefix(_ member: Int) -> String { "programs[\(member)]." }

    /// A member that is a bare predictor has no path of its own.
    private func key(of predictor: PredictorDescription, _ prefix: String) -> String {
        isFlat && !prefix.isEmpty ? String(prefix.dropLast()) : prefix + predictor.path
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
            // DSPy needs no more to make the LM; what else it writes here differs from version to version.
            "lm": own?.model.map { ["model": .string($0)] } ?? .null,
        ]
    }

    /// The state in a file's content, ours or DSPy's.
    /// - Throws: every way in which the file does not fit the program.
    public func state(from json: JSON) throws(Diagnostics) -> ProgramState {
        guard let file = json.objectValue else {
            throw Diagnostics([Diagnostic(JSONPath(), "a state file is an object, not \(json.kindName)")])
        }
        var findings: [Diagnostic] = []
        let prefixes = ensemblePrefixes(in: file)
        let own = OwnStateData.Reader(file[Self.ownKey], parameters: parameters, path: JSONPath([.key(Self.ownKey)]))
        var members = (prefixes ?? [""]).enumerated().map { number, prefix in
            var state = own.state(member: prefixes == nil ? nil : number, &findings)
            read(file, prefix, into: &state, &findings)
            return state
        }
        let known = Set((prefixes ?? [""]).flatMap { prefix in predictors.map { key(of: $0, prefix) } })
        if !isFlat || prefixes != nil {
            for key in file.keys where file[key]?["signature"] != nil && !known.contains(key) {
                findings.append(Diagnostic(JSONPath([.key(key)]), "the program has no predictor '\(key)'"))
            }
        }
        var state = members.removeFirst()
        if !members.isEmpty { state.ensemble = own.ensemble(of: members, &findings) }
        guard findings.isEmpty else { throw Diagnostics(findings) }
        return state
    }

    private func read(_ file: JSONObject, _ prefix: String, into state: inout ProgramState, _ findings: inout [Diagnostic]) {
        for predictor in predictors {
            let key = key(of: predictor, prefix)
            let isWhole = isFlat && prefix.isEmpty
            let path = isWhole ? JSONPath() : JSONPath([.key(key)])
            guard let entry = isWhole ? .object(file) : file[key] else {
                findings.append(Diagnostic(path, "the file has no predictor '\(key)'"))
                continue
            }
            do throws(Diagnostic) {
                state[predictor.path] = try read(entry, for: predictor, path: path)
            } catch {
                findings.append(error)
            }
        }
    }

    /// Of the members, where the file is an ensemble's and the program has no part of that name itself.
    private func ensemblePrefixes(in file: JSONObject) -> [String]? {
        func has(_ member: Int) -> Bool {
            let prefix = Self.prefix(member)
            return file.keys.contains { $0.hasPrefix(prefix) || $0 + "." == prefix }
        }
        guard has(0), !predictors.contains(where: { $0.path.hasPrefix("programs[") }) else { return nil }
        return Array((0..<file.count).prefix { has($0) }).map(Self.prefix)
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
        if let lm = entry["lm"], !lm.isNull {
            guard let model = lm["model"]?.stringValue, !model.isEmpty else {
                throw Diagnostic(path.appending("lm"), "expected null, or an object with the name of a model")
            }
            read.model = model
        }
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
