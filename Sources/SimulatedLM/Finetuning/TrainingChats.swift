import JSON

/// The chats of a training file: JSON Lines of `{"messages": […]}`, each of which ends with what the model is to say.
enum TrainingChats {
    /// OpenAI trains on no fewer.
    static let least = 10

    /// - Throws: a ``Diagnostic`` that names the first bad line, in the words of a provider.
    static func parse(_ content: [UInt8]) throws(Diagnostic) -> [[ChatMessage]] {
        var chats: [[ChatMessage]] = []
        for (number, line) in content.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            guard line.contains(where: { $0 > 0x20 }) else { continue }
            chats.append(try chat(line, number: number + 1))
        }
        guard chats.count >= least else {
            throw Diagnostic(
                JSONPath(), "the file has \(chats.count) example\(chats.count == 1 ? "" : "s"), but must have at least \(least)")
        }
        return chats
    }

    private static func chat(_ line: ArraySlice<UInt8>, number: Int) throws(Diagnostic) -> [ChatMessage] {
        func fault(_ message: String) -> Diagnostic { Diagnostic(JSONPath(), "line \(number): \(message)") }
        guard let json = try? JSON(parsing: Array(line)) else { throw fault("is not JSON") }
        guard let list = json["messages"]?.arrayValue, !list.isEmpty else { throw fault("has no messages") }
        var messages: [ChatMessage] = []
        for message in list {
            guard let role = message["role"]?.stringValue.flatMap(ChatMessage.Role.init) else {
                throw fault("a message's role is none of system, user, assistant")
            }
            guard let content = message["content"]?.stringValue else { throw fault("a message has no content") }
            messages.append(ChatMessage(role, content))
        }
        guard messages.last?.role == .assistant else { throw fault("the last message is not the assistant's") }
        return messages
    }
}
