internal import Synchronization

/// The attempts of one call and the alarm that says that its answer is late.
final class HedgeTasks: Sendable {
    private struct State {
        var attempts: [(task: Task<Void, Never>, sent: Moment)] = []
        var alarm: Task<Void, Never>?
        var isCancelled = false
    }

    private let state = Mutex(State())

    /// - Parameter sent: set when the attempt's request leaves.
    func add(_ attempt: Task<Void, Never>, sent: Moment) {
        let isCancelled = state.withLock { state in
            state.attempts.append((attempt, sent))
            return state.isCancelled
        }
        if isCancelled { attempt.cancel() }
    }

    /// How many requests have left.
    var sent: Int { state.withLock { $0.attempts.count { $0.sent.elapsed != nil } } }

    func setAlarm(after seconds: Double, _ ring: @escaping @Sendable () -> Void) {
        let alarm = Task {
            try? await Task.sleep(for: .seconds(seconds))
            if !Task.isCancelled { ring() }
        }
        state.withLock { $0.alarm = alarm }
    }

    /// The call has its answer: what is sent goes on to its end, what is not stays.
    func settle() {
        let idle = state.withLock { state in
            state.attempts.filter { $0.sent.elapsed == nil }.map(\.task) + (state.alarm.map { [$0] } ?? [])
        }
        for task in idle { task.cancel() }
    }

    /// Nobody waits for the answer any more.
    func cancelAll() {
        let tasks = state.withLock { state in
            state.isCancelled = true
            return state.attempts.map(\.task) + (state.alarm.map { [$0] } ?? [])
        }
        for task in tasks { task.cancel() }
    }
}
