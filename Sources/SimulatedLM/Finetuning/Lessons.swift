import JSON

/// What training chats teach: rows of fields, as built-in knowledge has them, and practice with prompts of their form.
struct Lessons: Sendable {
    /// With the prompt's field names; reasoning is left out, because it is made up anew.
    private(set) var rows: [JSONObject] = []
    /// How many chats had a prompt of each form.
    private(set) var practice: [PromptForm: Int] = [:]

    /// Easier than most things: what was taught is remembered, but not always.
    private static let difficulty = 0.1

    init(_ chats: [[ChatMessage]]) {
        var heads: [String: PromptHead] = [:]
        for chat in chats {
            guard let answer = chat.last, let question = chat.dropLast().last, question.role == .user else { continue }
            let system = chat.filter { $0.role == .system }.map(\.content).joined(separator: "\n\n")
            let head = heads[system] ?? PromptHead(parsing: system)
            heads[system] = head
            guard head.layout != .plain else { continue }
            practice[PromptForm(head), default: 0] += 1
            let inputs = FinalTurn(parsing: question.content, head: head).inputs
            let outputs = Demo(user: "", assistant: answer.content, layout: head.layout).outputs
            var row = JSONObject()
            for (name, body) in zip(inputs.names, inputs.bodies) { row[name] = .string(body) }
            for field in head.outputs where field.purpose != .reasoning {
                row[field.name] = outputs[field.name].map { .string($0) }
            }
            if row["difficulty"] == nil { row["difficulty"] = .double(Self.difficulty) }
            rows.append(row)
        }
    }
}

/// The fields of a prompt: what tells one task from another, whatever its instructions and demos are.
struct PromptForm: Sendable, Hashable {
    private let inputs: [String]
    private let outputs: [String]

    init(_ head: PromptHead) {
        inputs = head.inputs.map(\.name)
        outputs = head.outputs.map(\.name)
    }
}
