@testable import SimulatedLM

/// Prompts of any signature in the wire format of DSPy's adapters, and a model that answers them.
struct PartPrompt {
    typealias Field = (name: String, type: String)

    var inputs: [Field]
    var outputs: [Field]
    var instructions = "Produce the outputs."
    var layout = PromptHead.Layout.sections

    /// Notes behind placeholders matter only for schemas and labels; types say the rest.
    var system: ChatMessage {
        func list(_ fields: [Field]) -> String {
            fields.enumerated().map { "\($0.offset + 1). `\($0.element.name)` (\($0.element.type)):" }.joined(separator: "\n")
        }
        func section(_ name: String) -> String { "[[ ## \(name) ## ]]\n{\(name)}" }
        let sections = inputs.map { section($0.name) }.joined(separator: "\n\n")
        let structure =
            layout == .object
            ? "Inputs will have the following structure:\n\n\(sections)\n\nOutputs will be a JSON object with the following fields.\n\n{\n"
                + outputs.map { "  \"\($0.name)\": \"{\($0.name)}\"" }.joined(separator: ",\n") + "\n}"
            : "\(sections)\n\n" + outputs.map { section($0.name) }.joined(separator: "\n\n") + "\n\n[[ ## completed ## ]]"
        let objective = instructions.split(separator: "\n").map { "\n        " + $0 }.joined()
        return ChatMessage(
            .system,
            """
            Your input fields are:
            \(list(inputs))
            Your output fields are:
            \(list(outputs))
            All interactions will be structured in the following way, with the appropriate values filled in.

            \(structure)
            In adhering to this structure, your objective is: \(objective)
            """)
    }

    func messages(_ values: [String: String]) -> [ChatMessage] {
        let sections = inputs.compactMap { field in values[field.name].map { "[[ ## \(field.name) ## ]]\n\($0)" } }
        let reminder = layout == .object ? "Respond with a JSON object in …" : "Respond with the corresponding output fields, …"
        return [system, ChatMessage(.user, (sections + [reminder]).joined(separator: "\n\n"))]
    }

    func answer(_ values: [String: String], model: SimulatedModel = SimulatedModel()) -> Sections {
        Sections(parsing: model.answer(.init(messages: messages(values))))
    }

    /// How many of `count` models of different seeds answer so that `test` holds.
    func hits(_ values: [String: String], of count: Int = 60, knowledge: Knowledge = .none, _ test: (Sections) -> Bool) -> Int {
        (0..<count).count { test(answer(values, model: SimulatedModel(seed: UInt64($0), knowledge: knowledge))) }
    }

    static let goodInstructions = """
        Read the `question` and the `context` carefully, step by step, and determine the `search_query` or the `answer` first. Be precise \
        and specific, consider and compare the closest candidates before you answer, and give exactly one of the names or numbers only.
        """
}

enum Library {
    static let bridge =
        "Irongate Bridge | Irongate Bridge crosses the river Lemes. It was built by Osric Vanster and opened in 1856."
    static let builder =
        "Osric Vanster | Osric Vanster, an engineer, was born in 1825 in the town of Orrstead. Later years were spent in Pellwick."
    static let town =
        "Orrstead | Orrstead is a town in the valley of the river Norin. It was founded in 1304. Its mayor is Petra Ashway."
    static let other =
        "Marketton Bridge | Marketton Bridge crosses the river Nodra. It was built by Sefa Lodway and opened in 1870."
    static let question = "In which river's valley lies the town where the builder of Irongate Bridge was born?"

    static func context(_ passages: String...) -> String {
        passages.enumerated().map { "[\($0.offset + 1)] «\($0.element)»" }.joined(separator: "\n")
    }
}
