internal import Synchronization

/// A moment that is set once, by whoever comes first.
final class Moment: Sendable {
    private let instant = Mutex<ContinuousClock.Instant?>(nil)

    func set() { instant.withLock { $0 = $0 ?? .now } }

    /// Since it was set; nil while it is not.
    var elapsed: Duration? { instant.withLock { $0 }.map { .now - $0 } }
}
