internal import Synchronization

/// Measures for how long the calls of one example only wait: for a budget, a limit or a provider, or to be tried again.
///
/// Whoever makes an example wait finds its meter in the task; code that measures nothing pays nothing. Where an example shares
/// a call that another one makes, the wait is the other's: to this one it is all the call's time.
package final class WaitMeter: Sendable {
    @TaskLocal package static var current: WaitMeter?

    private let clock = Mutex(WaitClock())

    package init() {}

    /// So far.
    package var waited: Duration { clock.withLock { $0.waited(at: .now) } }

    /// The calls that `body` makes are measured.
    package func during<Value>(_ body: () async -> Value) async -> Value {
        await Self.$current.withValue(self) { await body() }
    }

    package func waitBegan() { clock.withLock { $0.change(waiting: 1, at: .now) } }
    package func waitEnded() { clock.withLock { $0.change(waiting: -1, at: .now) } }
    package func requestBegan() { clock.withLock { $0.change(underWay: 1, at: .now) } }
    package func requestEnded() { clock.withLock { $0.change(underWay: -1, at: .now) } }
}

/// Adds up the time in which some calls wait and none is with its provider: calls may be made at the same time, and it is never
/// more than has passed. A value.
struct WaitClock: Sendable {
    private var waiting = 0
    private var underWay = 0
    private var total = Duration.zero
    /// When the wait began that lasts.
    private var since: ContinuousClock.Instant?

    mutating func change(waiting: Int = 0, underWay: Int = 0, at now: ContinuousClock.Instant) {
        self.waiting += waiting
        self.underWay += underWay
        let isWaiting = self.waiting > 0 && self.underWay == 0
        if isWaiting, since == nil { since = now }
        if !isWaiting, let begun = since { (total, since) = (total + (now - begun), nil) }
    }

    func waited(at now: ContinuousClock.Instant) -> Duration { total + (since.map { now - $0 } ?? .zero) }
}
