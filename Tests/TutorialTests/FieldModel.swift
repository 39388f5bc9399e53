import Nightshift
import Synchronization

/// A model that knows one value for each field, and fills in those that a prompt asks for.
final class FieldModel: LanguageModel {
    private let values: [String: @Sendable (String) -> String]
    private let requests = Mutex<[ChatRequest]>([])

    /// - Parameter values: by field, of the last message.
    init(answering values: [String: @Sendable (String) -> String]) { self.values = values }

    convenience init(_ values: [String: String]) {
        self.init(answering: values.mapValues { value in { _ in value } })
    }

    var asked: [ChatRequest] { requests.withLock { $0 } }

    func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
        requests.withLock { $0.append(request) }
        let prompt = request.messages.last?.content ?? ""
        let wanted = prompt.firstRange(of: "Respond with").map { prompt[$0.upperBound...] } ?? ""
        var text = ""
        for match in wanted.matches(of: /\[\[ ## (\w+) ## \]\]/) where match.output.1 != "completed" {
            guard let value = values[String(match.output.1)] else {
                throw LanguageModelError(.invalidRequest, "the script has no \(match.output.1)")
            }
            text += "[[ ## \(match.output.1) ## ]]\n\(value(prompt))\n\n"
        }
        return ChatResponse(text: text, usage: Usage(calls: 1, attempts: 1, promptTokens: 10, completionTokens: 5))
    }
}
