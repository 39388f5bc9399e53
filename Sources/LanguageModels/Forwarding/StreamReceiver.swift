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
        /// What came before the first event: all that there is where the answer is no stream of events.
        var head: [UInt8] = []
        var hasEvents = false
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

    private static let longestHead = 64 << 10

    func take(_ bytes: [UInt8]) {
        let events = state.withLock { state in
            if !state.hasEvents, state.head.count < Self.longestHead { state.head += bytes }
            return take(state.events.add(bytes), &state)
        }
        handOn(events)
    }

    /// The whole answer.
    /// - Throws: what the endpoint reported, within the stream or instead of one, or that it broke off.
    func end() throws(ProviderAPI.Failure) -> JSON {
        let (rest, ended) = state.withLock { (take($0.events.end(), &$0), $0) }
        handOn(rest)
        if let report = ended.error ?? Self.report(ended) {
            let status = report.status ?? 500
            let error = LanguageModelError(report.kind(status: status), report.message, status: status)
            // What was handed on may be billed.
            throw ProviderAPI.Failure(error: error, report: ended.hasBegun ? nil : report)
        }
        guard let answer = ended.answer.completion else {
            let said = String(decoding: ended.head.prefix(300), as: UTF8.self)
            let what = ended.hasEvents ? "the stream ended before the answer did" : "answered with no event of a stream: \(said)"
            throw ProviderAPI.Failure(error: LanguageModelError(.malformedResponse, what))
        }
        return answer
    }

    /// An error that came as a whole body.
    private static func report(_ state: State) -> ErrorReport? {
        state.hasEvents ? nil : (try? JSON(parsing: state.head)).flatMap(ErrorReport.init(json:))
    }

    private func handOn(_ events: [String]) { for event in events { handOn(event) } }

    /// What of the events is to be handed on.
    private func take(_ events: [String], _ state: inout State) -> [String] {
        if !events.isEmpty { (state.hasEvents, state.head) = (true, []) }
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
