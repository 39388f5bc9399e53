internal import Programs

/// Sends a request a second time when its answer is later than 95 of 100 were; the first answer wins (Dean and Barroso, "The Tail
/// at Scale", CACM 2013, hedged requests). The other attempt goes on to its end, so that what it takes is booked.
struct Hedge: Sendable {
    typealias Outcome<Answer> = Result<Answer, ProviderAPI.Failure>
    /// One attempt; it says when it is sent.
    typealias Attempt<Answer> = @Sendable (_ sent: @escaping @Sendable () -> Void) async -> Outcome<Answer>

    let latencies: LatencyRecord
    /// Whether a second request would be sent at once, without waiting for a limit.
    let mayBeSent: @Sendable () -> Bool

    private enum Event<Answer: Sendable>: Sendable {
        case sent(Int)
        case isLate
        case ended(Int, Outcome<Answer>)
    }

    /// - Returns: what came of the call, and whether a second request was sent.
    /// - Throws: the first attempt's failure, with what both cost.
    func callAsFunction<Answer: Sendable>(
        _ attempt: @escaping Attempt<Answer>
    ) async throws(ProviderAPI.Failure) -> (answer: Answer, isHedged: Bool) {
        let (events, sink) = AsyncStream<Event<Answer>>.makeStream()
        let latencies = latencies
        let tasks = HedgeTasks()
        func start(_ number: Int) {
            let sent = Moment()
            let task = Task {
                let outcome = await attempt {
                    sent.set()
                    sink.yield(.sent(number))
                }
                // Of the late ones too: else the percentile would creep down.
                if case .success = outcome, let latency = sent.elapsed { latencies.add(latency) }
                sink.yield(.ended(number, outcome))
            }
            tasks.add(task, sent: sent)
        }
        start(0)
        var race = HedgeRace()
        let outcome = await withTaskCancellationHandler { () async -> Outcome<Answer> in
            defer { tasks.settle() }
            var failure: ProviderAPI.Failure?
            for await event in events {
                switch event {
                case .sent(let number):
                    if number == 0, let limit = latencies.p95 { tasks.setAlarm(after: limit) { sink.yield(.isLate) } }
                case .isLate:
                    guard race.answerIsLate(mayBeSent: mayBeSent()) else { continue }
                    CallMetrics.hedged()
                    start(1)
                case .ended(let number, .success(let answer)):
                    if number > 0 { CallMetrics.hedgeWon() }
                    return .success(answer)
                case .ended(_, .failure(let new)):
                    failure = failure.map { ProviderAPI.Failure(error: $0.error.adding(new.error.usage), report: $0.report) } ?? new
                    if race.attemptFailed() == .allFailed, let failure { return .failure(failure) }
                }
            }
            // The task was cancelled.
            return .failure(failure ?? ProviderAPI.Failure(error: LanguageModelError(.cancelled, "the call was cancelled")))
        } onCancel: {
            tasks.cancelAll()
        }
        return (try outcome.get(), tasks.sent > 1)
    }
}

/// How many attempts of a call are under way, and whether there may be another. A value without I/O.
struct HedgeRace: Sendable {
    enum Standing: Sendable, Hashable {
        case anotherIsUnderWay
        case allFailed
    }

    private var underWay = 1
    /// Whether the one further request was sent.
    private(set) var isHedged = false

    /// - Returns: whether a second request is to be sent.
    mutating func answerIsLate(mayBeSent: Bool) -> Bool {
        guard mayBeSent, !isHedged, underWay == 1 else { return false }
        isHedged = true
        underWay += 1
        return true
    }

    mutating func attemptFailed() -> Standing {
        underWay -= 1
        return underWay > 0 ? .anotherIsUnderWay : .allFailed
    }
}
