import JSON
import Synchronization

@testable import Programs

extension ChatRequest {
    private var question: String { messages.last?.content ?? "" }

    /// The text of an input in the question.
    func input(_ name: String) -> String? {
        guard let start = question.firstRange(of: "[[ ## \(name) ## ]]\n") else { return nil }
        let rest = question[start.upperBound...]
        let ends = ["\n\n[[ ## ", "\n\nRespond with"].compactMap { rest.firstRange(of: $0)?.lowerBound }
        return String(rest[..<(ends.min() ?? rest.endIndex)])
    }

    /// Whether an output of this name is asked for.
    func wants(_ name: String) -> Bool {
        question.firstRange(of: "Respond with").map {
            question[$0.upperBound...].contains("`[[ ## \(name) ## ]]`") || question[$0.upperBound...].contains("`\(name)`")
        } ?? false
    }

    var isJSON: Bool { question.contains("Respond with a JSON object") }
}

/// An answer in the chat form.
func answer(_ fields: KeyValuePairs<String, String>) -> String {
    fields.map { "[[ ## \($0.key) ## ]]\n\($0.value)\n\n" }.joined() + "[[ ## completed ## ]]"
}

/// Counts, from several tasks.
final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    @discardableResult func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}

extension SwiftProgram {
    /// A run of the uncompiled program.
    func run(_ inputs: JSONObject, with model: any LanguageModel, services: ProgramServices = .none, rollout: UInt64? = nil) async
        -> RunResult
    {
        await run(inputs, in: RunContext(state: initialState, model: model, rollout: rollout, services: services))
    }
}

extension RunResult {
    var failure: RunFailure? { if case .failure(let failure) = outcome { failure } else { nil } }
    var calls: Int { usage.total.calls }
}
