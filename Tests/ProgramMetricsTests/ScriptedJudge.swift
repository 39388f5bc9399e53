import JSON
import Programs
import Synchronization

/// A judge that answers as it is told and remembers what it was asked.
final class ScriptedJudge: LanguageModel {
    enum Answer: Sendable {
        /// The outputs that it gives, of those that the prompt asks for; others get a text.
        case fields(JSONObject)
        case text(String)
        case failure(LanguageModelError.Kind)
    }

    private let requests = Mutex<[ChatRequest]>([])
    private let script: [Answer]

    /// Each answer once, in order; the last one for ever.
    init(_ script: [Answer]) { self.script = script }

    convenience init(always answer: Answer) { self.init([answer]) }

    var asked: [ChatRequest] { requests.withLock { $0 } }

    func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
        let number = requests.withLock { requests in
            requests.append(request)
            return requests.count - 1
        }
        let usage = Usage(calls: 1, attempts: 1, promptTokens: 10, completionTokens: 2)
        switch script[min(number, script.count - 1)] {
        case .text(let text): return ChatResponse(text: text, usage: usage)
        case .fields(let fields): return ChatResponse(text: Self.text(fields, for: request), usage: usage)
        case .failure(let kind): throw LanguageModelError(kind, "scripted", usage: Usage(attempts: 1))
        }
    }

    private static func text(_ fields: JSONObject, for request: ChatRequest) -> String {
        let prompt = request.messages.last?.content ?? ""
        let wanted = prompt.firstRange(of: "Respond with").map { prompt[$0.upperBound...] } ?? ""
        return wanted.matches(of: #/\[\[ ## (\w+) ## \]\]/#).map { match in
            let name = String(match.output.1)
            let value = fields[name] ?? .string("some \(name)")
            return "[[ ## \(name) ## ]]\n\(value.stringValue ?? value.serialized())\n"
        }.joined(separator: "\n")
    }
}
