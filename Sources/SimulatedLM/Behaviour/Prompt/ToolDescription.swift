import JSON

/// A tool of an agent as its instructions list it: `(1) search, whose description is <desc>…</desc>. It takes arguments {…}.` in
/// DSPy's words, `(1) search: … Takes arguments {…}.` in ours.
struct ToolDescription: Sendable {
    let name: String
    let description: String
    /// JSON schemas by parameter name.
    let parameters: JSONObject

    private init?(_ line: Substring) {
        let number = line.dropFirst().prefix { $0.isASCII && $0.isNumber }
        guard line.first == "(", !number.isEmpty, line.dropFirst(number.count + 1).hasPrefix(") ") else { return nil }
        let rest = line.dropFirst(number.count + 3)
        name = String(rest.prefix { $0.isLetter || $0.isNumber || "_-".contains($0) })
        guard !name.isEmpty else { return nil }
        description = String(rest.dropFirst(name.count).prefix { $0 != "{" })
        let arguments = rest.ranges(of: "arguments ").last.map { rest[$0.upperBound...] } ?? ""
        let schema = PythonValue.parse(arguments)?.objectValue ?? [:]
        parameters = schema["properties"]?.objectValue ?? schema
    }

    static func all(in instructions: String) -> [ToolDescription] {
        instructions.split(separator: "\n").compactMap { ToolDescription($0) }
    }
}
