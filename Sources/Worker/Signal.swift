internal import Synchronization

/// Wakes one waiting loop. Setting it while nobody waits is remembered, once.
final class Signal: Sendable {
    private struct State {
        var isSet = false
        var waiter: (id: Int, continuation: CheckedContinuation<Void, Never>)?
        var lastID = 0
        /// The newest wait whose time was up, or which was cancelled: perhaps before it had begun.
        var endedID = 0
    }

    private let state = Mutex(State())

    func set() {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            if state.waiter == nil { state.isSet = true }
            return state.waiter
        }
        waiter?.continuation.resume()
    }

    /// Forgets that it was set.
    func reset() { state.withLock { $0.isSet = false } }

    /// Returns when it is set, when the time is up, or when the task is cancelled.
    func wait(atMost limit: Duration? = nil) async {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let alarm = limit.map { limit in
            Task { [self] in
                try? await Task.sleep(for: limit)
                end(id)
            }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if state.isSet || state.endedID == id {
                        state.isSet = false
                        return true
                    }
                    state.waiter = (id, continuation)
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            end(id)
        }
        alarm?.cancel()
    }

    private func end(_ id: Int) {
        let waiter = state.withLock { state in
            state.endedID = max(state.endedID, id)
            guard state.waiter?.id == id else { return nil as CheckedContinuation<Void, Never>? }
            defer { state.waiter = nil }
            return state.waiter?.continuation
        }
        waiter?.resume()
    }
}
