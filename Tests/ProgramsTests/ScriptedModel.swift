import JSON
import Synchronization

@testable import Programs

/// A model that answers as a closure says and remembers what it was asked.
final class ScriptedModel: LanguageModel {
    private let requests = Mutex<[ChatRequest]>([])
    private let answer: @Sendable (ChatRequest) throws(LanguageModelError) -> String

    init(_ answer: @escaping @Sendable (ChatRequest) throws(LanguageModelError) -> String) { self.answer = answer }

    var asked: [ChatRequest] { requests.withLock { $0 } }

    func complete(_ request: ChatRequest) async throws(LanguageModelError) -> ChatResponse {
        requests.withLock { $0.append(request) }
        return ChatResponse(text: try answer(request), usage: Usage(calls: 1, attempts: 1, promptTokens: 10, completionTokens: 2))
    }

    /// Answers every output that the prompt asks for with the field's name and the given suffix.
    static func echoing(_ suffix: String = "!") -> ScriptedModel {
        ScriptedModel { request in
            let prompt = request.messages.last?.content ?? ""
            let wanted = prompt.components(after: "Respond with")
            return wanted.matches(of: #/\[\[ ## (\w+) ## \]\]/#).map { "[[ ## \($0.output.1) ## ]]\n\($0.output.1)\(suffix)\n" }
                .joined()
        }
    }
}

extension String {
    fileprivate func components(after marker: String) -> Substring {
        firstRange(of: marker).map { self[$0.upperBound...] } ?? self[...]
    }
}
