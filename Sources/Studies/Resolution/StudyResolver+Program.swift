private import Foundation
internal import JSON
internal import Programs

extension StudyResolver {
    /// - Parameter inputs: the study's `data.inputs`, if it has them.
    mutating func resolveProgram(
        inputs: [String]?, _ services: StudyServices, names: [String], _ swiftProgram: (String) -> (any ProgramHost)?
    ) -> StudyProgram? {
        let path = JSONPath([.key("program")])
        guard let value = file.root["program"], !value.isNull else {
            refuse(path, "is missing; give 'steps', or 'swift: NAME'")
            return nil
        }
        if value["swift"] != nil { return resolveSwiftProgram(value, at: path, inputs: inputs, names: names, swiftProgram) }
        // Those that are wrong count as declared: that has been told, and there is no more to say about who uses them.
        let brokenTools = Self.names(of: "tools", in: value).filter { services.tools[$0] == nil }
        let tools = services.toolDescriptions + brokenTools.map { ToolDescription(name: $0, description: "", parameters: []) }
        do {
            return .declared(
                try DeclaredProgram(
                    section: value, inputs: inputs, tools: tools, retrievers: Self.names(of: "retrievers", in: value),
                    loadEnum: loadEnum))
        } catch {
            take(error.all, under: path)
            return nil
        }
    }

    private static func names(of key: String, in program: JSON) -> [String] { program[key]?.objectValue?.keys.sorted() ?? [] }

    private mutating func resolveSwiftProgram(
        _ value: JSON, at path: JSONPath, inputs: [String]?, names: [String],
        _ swiftProgram: (String) -> (any ProgramHost)?
    ) -> StudyProgram? {
        var section = Section(value, at: path, keys: ["swift"] + Self.serviceKeys)
        defer { take(section) }
        guard let name = section.string("swift") else { return nil }
        guard let host = swiftProgram(name) else {
            let message =
                names.isEmpty
                ? "no Swift program is registered in this executable; use the one that registers '\(name)', or give 'steps'"
                : unknown("program", name, known: names)
            section.refuse("swift", message)
            return nil
        }
        if let inputs { checkInputs(inputs, of: host) }
        return .swift(SwiftProgramFacts(name: name, host: host))
    }

    private mutating func checkInputs(_ inputs: [String], of host: any ProgramHost) {
        let path = JSONPath([.key("data"), .key("inputs")])
        for (index, name) in inputs.enumerated() where !host.inputNames.contains(name) {
            refuse(path.appending(index), unknown("input", name, known: host.inputNames))
        }
        let missing = host.inputNames.filter { !inputs.contains($0) }
        if !missing.isEmpty { refuse(path, "the program also needs \(listing(missing))") }
    }

    /// The values of an `enum` file: a JSON list.
    private func loadEnum(_ relative: String) throws(Diagnostic) -> [JSON] {
        let path = file.resolve(relative)
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Diagnostic(JSONPath(), "\(path): \(DataFile.absence(of: path))")
        }
        do {
            let bytes = DataFile.withoutByteOrderMark([UInt8](data))
            if let values = try JSON(parsing: bytes).arrayValue { return values }
        } catch {
            throw Diagnostic(JSONPath(), "\(path): broken JSON: \(error)")
        }
        throw Diagnostic(JSONPath(), "\(path): expected a JSON list of values")
    }
}
