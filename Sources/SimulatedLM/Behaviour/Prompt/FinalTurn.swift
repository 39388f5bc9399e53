/// The inputs of the actual request: the last user message without its reminder.
struct FinalTurn: Sendable {
    var inputs: Sections

    init(parsing content: String) {
        inputs = Sections(parsing: Self.withoutReminder(content))
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
}
