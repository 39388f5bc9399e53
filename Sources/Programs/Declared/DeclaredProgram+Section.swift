public import JSON

extension DeclaredProgram {
    /// The program of a study file's `program` section.
    /// - Parameters:
    ///   - inputs: the names that a row gives to the program; nil: every name that a step needs and no earlier step gives.
    ///   - tools: what the section's `tools` declares, which whoever calls reads.
    ///   - retrievers: the names under the section's `retrievers`.
    ///   - loadEnum: the values in a file that an `enum` names.
    /// - Throws: everything that is wrong, with paths from the section's root.
    public init(
        section: JSON, inputs: [String]?, tools: [ToolDescription] = [], retrievers: [String] = [],
        loadEnum: (String) throws -> [JSON]
    ) throws(Diagnostics) {
        self = try withoutActuallyEscaping(loadEnum) { loadEnum throws(Diagnostics) in
            let surroundings = StepSurroundings(loadEnum: loadEnum, tools: tools, retrievers: retrievers)
            return try Self.read(section, inputs: inputs, surroundings)
        }
    }

    /// The program that ``json`` wrote.
    /// - Throws: a ``Diagnostic`` naming the part that is not as ``json`` writes it.
    public init(json: JSON) throws(Diagnostic) {
        func names(_ key: String) throws(Diagnostic) -> [String] {
            guard let list = json[key]?.arrayValue else { throw Diagnostic(JSONPath([.key(key)]), "expected a list of names") }
            return list.compactMap(\.stringValue)
        }
        _ = try names("outputs")
        let inputs = try names("inputs")
        do throws(Diagnostics) {
            self = try Self.read(json, inputs: inputs, StepSurroundings(isStored: true))
        } catch {
            throw error.all.first ?? Diagnostic(JSONPath(), "not a stored program")
        }
    }

    private static let keys = ["steps", "outputs", "adapter", "max_backtracks", "code_execution", "retrievers", "tools"]

    private static func read(
        _ section: JSON, inputs: [String]?, _ surroundings: StepSurroundings
    ) throws(Diagnostics) -> DeclaredProgram {
        var reader = SectionReader()
        guard let members = reader.object(section, path: JSONPath(), what: "program") else { throw Diagnostics(reader.findings) }
        if !surroundings.isStored { reader.check(keysOf: members, allowed: keys, path: JSONPath(), what: "program") }
        let adapter = reader.adapter(members, path: JSONPath())
        let maxBacktracks = backtracks(members["max_backtracks"], reader: &reader)
        var surroundings = surroundings
        surroundings.allowsCode = allowsCode(members["code_execution"], reader: &reader)
        let path = JSONPath([.key("steps")])
        guard var steps = StepReader(surroundings).steps(members["steps"], path: path, reader: &reader) else {
            throw Diagnostics(reader.findings)
        }
        var scope = NameScope(inputs: inputs)
        scope.wire(&steps, reader: &reader)
        let last = steps.last { !$0.content.outputNames.isEmpty }
        let outputs = scope.outputs(members["outputs"], last: last, path: JSONPath([.key("outputs")]), reader: &reader)
        guard reader.findings.isEmpty else { throw Diagnostics(reader.findings) }
        do throws(SignatureError) {
            return try DeclaredProgram(
                inputNames: scope.inputs, outputNames: outputs, steps: steps, adapter: adapter, maxBacktracks: maxBacktracks,
                allowsCode: surroundings.allowsCode)
        } catch {
            throw Diagnostics([Diagnostic(path, error.message)])
        }
    }

    private static func backtracks(_ value: JSON?, reader: inout SectionReader) -> Int {
        guard let value else { return defaultBacktracks }
        if let count = value.intValue, count >= 0 { return count }
        reader.report(JSONPath([.key("max_backtracks")]), "'max_backtracks' is a count, not \(value.serialized())")
        return defaultBacktracks
    }

    private static func allowsCode(_ value: JSON?, reader: inout SectionReader) -> Bool {
        guard let value else { return false }
        if let flag = value.boolValue { return flag }
        reader.report(JSONPath([.key("code_execution")]), "'code_execution' is true or false, not \(value.serialized())")
        return false
    }
}
