internal import JSON

/// The steps of an agent so far.
struct Trajectory: Sendable {
    /// What the agent decided to do.
    struct Choice: Sendable {
        var thought: JSON
        var tool: String
        var arguments: JSONObject

        init(_ fields: JSONObject) {
            thought = fields["next_thought"] ?? ""
            tool = fields["next_tool_name"]?.stringValue ?? ""
            arguments = fields["next_tool_args"]?.objectValue ?? [:]
        }
    }

    struct Step: Sendable {
        var choice: Choice
        var observation: String

        var tool: String { choice.tool }
    }

    var steps: [Step] = []
    /// The oldest ones, for which the prompt has no room.
    private var hiddenCount = 0

    /// False where only one step is left to show.
    mutating func hideOldest() -> Bool {
        guard steps.count - hiddenCount > 1 else { return false }
        hiddenCount += 1
        return true
    }

    /// All steps: `thought_0`, `tool_name_0`, `tool_args_0`, `observation_0`, …
    var json: JSONObject { members(from: 0) }

    /// The steps as a prompt shows them.
    var text: String {
        members(from: hiddenCount).map { name, value in "[[ ## \(name) ## ]]\n\(Field(name: name).text(of: value))" }
            .joined(separator: "\n\n").pythonStripped
    }

    private func members(from first: Int) -> JSONObject {
        JSONObject(
            steps.enumerated().dropFirst(first).flatMap { index, step in
                [
                    ("thought_\(index)", step.choice.thought), ("tool_name_\(index)", .string(step.tool)),
                    ("tool_args_\(index)", .object(step.choice.arguments)), ("observation_\(index)", .string(step.observation)),
                ]
            })
    }
}
