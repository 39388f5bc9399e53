import JSON

/// The system message of DSPy's chat and JSON adapters: field lists, structure, objective.
struct PromptHead: Sendable {
    /// How the answer is to be written.
    enum Layout: Sendable {
        /// `[[ ## field ## ]]` sections.
        case sections
        /// One JSON object.
        case object
        /// A prompt without declared fields.
        case plain
    }

    var layout = Layout.plain
    var inputs: [FieldDeclaration] = []
    var outputs: [FieldDeclaration] = []
    var instructions = ""

    init(parsing system: String) {
        guard let inputsMark = system.firstRange(of: "Your input fields are:"),
            let outputsMark = system.firstRange(of: "Your output fields are:"),
            inputsMark.upperBound <= outputsMark.lowerBound
        else {
            instructions = trimmed(system)
            return
        }
        let structureMark =
            system[outputsMark.upperBound...].firstRange(of: "All interactions will be structured")
            ?? system.endIndex..<system.endIndex
        var structure = system[structureMark.lowerBound...]
        if let objective = structure.firstRange(of: "your objective is:") {
            instructions = Self.unindented(structure[objective.upperBound...])
            structure = structure[..<objective.lowerBound]
        }
        let objectMark = structure.firstRange(of: "Outputs will be a JSON object with the following fields.")
        layout = objectMark == nil ? .sections : .object
        let notes = Self.notes(in: objectMark.map { structure[$0.upperBound...] } ?? structure, layout: layout)
        inputs = Self.fields(in: system[inputsMark.upperBound..<outputsMark.lowerBound], notes: [:])
        outputs = Self.fields(in: system[outputsMark.upperBound..<structureMark.lowerBound], notes: notes)
    }

    private static func unindented(_ text: Substring) -> String {
        trimmed(text.split(separator: "\n", omittingEmptySubsequences: false).map { trimmed(String($0)) }.joined(separator: "\n"))
    }

    /// `# note:` hints by field name.
    private static func notes(in structure: Substring, layout: Layout) -> [String: String] {
        var placeholders: [(String, String)] = []
        if layout == .object, let open = structure.firstIndex(of: "{"), let close = structure.lastIndex(of: "}"),
            let object = (try? JSON(parsing: String(structure[open...close])))?.objectValue
        {
            placeholders = object.map { ($0.key, $0.value.stringValue ?? "") }
        } else {
            let sections = Sections(parsing: String(structure))
            placeholders = Array(zip(sections.names, sections.bodies))
        }
        return placeholders.reduce(into: [:]) { notes, placeholder in
            if let note = text(after: "# note: ", in: placeholder.1) { notes[placeholder.0] = note }
        }
    }

    /// Entries such as ``1. `name` (type): description``, whose description may run over several lines.
    private static func fields(in list: Substring, notes: [String: String]) -> [FieldDeclaration] {
        var entries: [String] = []
        for line in list.split(separator: "\n") {
            let number = line.prefix { $0.isASCII && $0.isNumber }
            if !number.isEmpty, line.dropFirst(number.count).hasPrefix(". `") {
                entries.append(String(line.dropFirst(number.count + 3)))
            } else if !entries.isEmpty {
                entries[entries.count - 1] += "\n" + line
            }
        }
        return entries.compactMap { entry in
            guard let tick = entry.firstIndex(of: "`") else { return nil }
            let name = String(entry[..<tick])
            let (type, description) = typeAndDescription(entry[entry.index(after: tick)...])
            return FieldDeclaration(name: name, type: type, note: notes[name], description: trimmed(description))
        }
    }

    /// Splits ` (Literal['a (b)', 'c']): text` at the bracket that closes the type, quotes respected.
    private static func typeAndDescription(_ text: Substring) -> (type: String, description: String) {
        guard let open = text.firstIndex(of: "(") else { return ("str", String(text)) }
        let start = text.index(after: open)
        var depth = 1
        var quote: Character?
        var cursor = start
        while cursor < text.endIndex {
            let character = text[cursor]
            if let open = quote {
                if character == "\\" { cursor = text.index(after: cursor) } else if character == open { quote = nil }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if character == "(" {
                depth += 1
            } else if character == ")" {
                depth -= 1
                if depth == 0 { break }
            }
            if cursor < text.endIndex { cursor = text.index(after: cursor) }
        }
        let rest = cursor < text.endIndex ? text[text.index(after: cursor)...].drop { $0 == ":" || $0 == " " } : ""
        return (String(text[start..<cursor]), String(rest))
    }
}
