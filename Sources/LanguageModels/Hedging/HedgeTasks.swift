internal import Synchronization

/// The attempts of one call and the alarm that says that its answer is late.
final class HedgeTasks: Sendable {
    private struct State {
        var attempts: [Task<Void, Never>]
        var alarm: Task<Void, Never>?
        var isCancelled = false
    }

    private let state: Mutex<State>

    init(_ first: Task<Void, Never>) { state = Mutex(State(attempts: [first])) }

    func add(_ attempt: Task<Void, Never>) {
        let isCancelled = state.withLock { state in
            state.attempts.append(attempt)
            return state.isCancelled
        }
        if isCancelled { attempt.cancel() }
    }

    func setAlarm(after seconds: Double, _ ring: @escaping @Sendable () -> Void) {
        let alarm = Task {
            try? await Task.sleep(for: .seconds(seconds))
            if !Task.isCancelled { ring() }
        }
        state.withLock { $0.alarm = alarm }
    }

    func cancelAlarm() { state.withLock { $0.alarm }?.cancel() }

    /// Nobody waits for the answer any more.
    func cancelAll() {
        let tasks = state.withLock { state in
            state.isCancelled = true
            return state.attempts + (state.alarm.map { [$0] } ?? [])
        }
        for task in tasks { task.cancel() }
    }
}

/// A moment that is set once, by whoever comes first.
final class Moment: Sendable {
    private let instant = Mutex<ContinuousClock.Instant?>(nil)

    func set() { instant.withLock { $0 = $0 ?? .now } }

    /// Since it was set; nil while it is not.
    var elapsed: Duration? { instant.withLock { $0 }.map { .now - $0 } }
}
