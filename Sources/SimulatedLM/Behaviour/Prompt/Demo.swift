import JSON

/// An answered example in the prompt.
struct Demo: Sendable {
    var inputs: Sections
    /// Output texts by field; fields that were not supplied are absent.
    var outputs: [String: String] = [:]

    init(user: String, assistant: String, layout: PromptHead.Layout) {
        inputs = Sections(parsing: user)
        if layout == .object, let object = (try? JSON(parsing: trimmed(assistant)))?.objectValue {
            for (key, value) in object { add(key, value.stringValue ?? PythonLiterals.spelling(of: value)) }
        } else {
            let sections = Sections(parsing: assistant)
            for (name, body) in zip(sections.names, sections.bodies) { add(name, body) }
        }
    }

    private mutating func add(_ name: String, _ value: String) {
        if !value.hasPrefix("Not supplied for this particular example.") { outputs[name] = value }
    }

    var inputText: String { inputs.bodies.joined(separator: "\n") }
}
