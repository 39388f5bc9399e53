internal import JSON
internal import Programs
internal import Synchronization

/// Takes a streamed answer as it arrives: hands its events on and puts them together.
final class StreamReceiver: Sendable {
    private struct State {
        var events = ServerSentEvents()
        var answer = StreamedCompletion()
        var hasBegun = false
        var error: ErrorReport?
    }

    private let state = Mutex(State())
    private let wantsUsage: Bool
    private let handOn: @Sendable (String) -> Void

    /// - Parameter handOn: told the data of every event but the last, `[DONE]`, as it came.
    init(wantsUsage: Bool, handOn: @escaping @Sendable (String) -> Void) {
        self.wantsUsage = wantsUsage
        self.handOn = handOn
    }

    /// Whether something was handed on: the call can't be made again unnoticed.
    var hasBegun: Bool { state.withLock { $0.hasBegun } }

    func take(_ bytes: [UInt8]) { handOn(state.withLock { take($0.events.add(bytes), &$0) }) }

    /// The whole answer.
    /// - Throws: what the endpoint reported within the stream, or that it broke off.
    func end() throws(LanguageModelError) -> JSON {
        let (rest, answer, report) = state.withLock { state in
            (take(state.events.end(), &state), state.answer.completion, state.error)
        }
        handOn(rest)
        if let report {
            let status = report.status ?? 500
            throw LanguageModelError(report.kind(status: status), report.message, status: status)
        }
        guard let answer else { throw LanguageModelError(.malformedResponse, "the stream ended before the answer did") }
        return answer
    }

    private func handOn(_ events: [String]) { for event in events { handOn(event) } }

    /// What of the events is to be handed on.
    private func take(_ events: [String], _ state: inout State) -> [String] {
        var passed: [String] = []
        for event in events where event != "[DONE]" {
            guard let part = try? JSON(parsing: event) else { continue }
            if let report = ErrorReport(json: part), part["choices"] == nil {
                state.error = report
                continue
            }
            let isOnlyUsage = state.answer.add(part)
            if !isOnlyUsage || wantsUsage { passed.append(event) }
        }
        if !passed.isEmpty { state.hasBegun = true }
        return passed
    }
}
