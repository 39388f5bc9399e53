/// The inputs of the actual request: the last user message without its reminder.
struct FinalTurn: Sendable {
    /// The task's own inputs, without what a retry adds.
    var inputs: Sections
    /// What a retry adds; nil in a first attempt.
    var revision: Revision?

    /// Sections that `head` does not declare belong to the declared one before them.
    init(parsing content: String, head: PromptHead? = nil) {
        let sections = Sections(parsing: Self.withoutReminder(content))
        guard let head else {
            inputs = sections
            return
        }
        (inputs, revision) = Revision.split(sections.nested(under: head.inputs), outputs: head.outputs)
    }

    private static let reminders = ["\n\nRespond with the corresponding output fields", "\n\nRespond with a JSON object"]
        .map { Array($0.utf8) }

    private static func withoutReminder(_ content: String) -> String {
        var content = content
        return content.withUTF8 { bytes in
            for reminder in reminders {
                var start = bytes.count - reminder.count
                while start >= 0 {
                    if bytes[start] == 0x0A, bytes[start..<start + reminder.count].elementsEqual(reminder) {
                        return String(decoding: bytes[..<start], as: UTF8.self)
                    }
                    start -= 1
                }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// All inputs as one text, for comparisons.
    var text: String { inputs.bodies.joined(separator: "\n") }

    /// The first input whose name contains one of `parts`.
    func input(named parts: [String]) -> String? {
        for part in parts {
            if let position = inputs.names.firstIndex(where: { $0.contains(part) }) { return inputs.bodies[position] }
        }
        return nil
    }
}
