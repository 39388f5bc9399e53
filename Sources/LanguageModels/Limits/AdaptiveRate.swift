/// Finds the rate that a provider takes, from what it refuses. A value; times are seconds of any steady clock.
///
/// Without a refusal there is no limit. A refusal cuts the rate, to what was answered lately where that is known; then it
/// grows along CUBIC's curve (Ha, Rhee, Xu 2008): fast towards the rate that was last refused, hardly at it, faster beyond.
/// Refusals of calls that were sent before the last cut say nothing new: they neither cut again nor extend a pause.
struct AdaptiveRate: Sendable, Hashable {
    /// What remains after a cut, at most and at least.
    private static let (mostKept, leastKept) = (0.85, 0.5)
    /// Seconds from the end of a pause until the rate is again what was last refused.
    private static let recovery = 10.0
    /// Calls per second that are always tried.
    private static let least = 0.2
    /// Over how long answers are counted.
    private static let window = 2.0

    /// Calls per second at the last refusal; nil before the first.
    private var refused: Double?
    /// The rate after the last cut, and when its pause ended.
    private var floor = 0.0
    private var growsFrom = 0.0
    /// Since when fewer calls are made than may be: the rate is not tried, so it does not grow.
    private var idleSince: Double?
    private(set) var cutAt = -Double.infinity
    private(set) var pausedUntil = -Double.infinity
    private var sent = RecentCount(window: window)
    private var answered = RecentCount(window: window)

    /// Calls per second that may be sent now; nil: any number.
    func rate(at now: Double) -> Double? {
        guard let refused else { return nil }
        if now < pausedUntil { return 0 }
        let offset = (min(now, idleSince ?? now) - growsFrom - Self.recovery) / Self.recovery
        return max(Self.least, refused + (refused - floor) * offset * offset * offset)
    }

    mutating func sent(at now: Double) { sent.add(at: now) }

    mutating func answered(at now: Double) { answered.add(at: now) }

    /// Nobody waits: what the rate allows is not used.
    mutating func idles(at now: Double) { if idleSince == nil { idleSince = max(now, growsFrom) } }

    /// Somebody waits again.
    mutating func isWanted(at now: Double) {
        if let idleSince { growsFrom += max(0, now - idleSince) }
        idleSince = nil
    }

    /// The provider refused a call for its rate, or was overloaded.
    /// - Parameters:
    ///   - sentAt: when that call was sent.
    ///   - wait: how long the provider asks to wait, up to the ceiling.
    mutating func refused(sentAt: Double, wait: Double?, at now: Double) {
        guard sentAt > cutAt else { return }
        let current = rate(at: now) ?? max(answered.rate(at: now), sent.rate(at: now) / 2, Self.least)
        refused = max(current, Self.least * 1.1)
        let lately = answered.rate(at: now)
        floor = max(Self.least, current * Self.leastKept, min(current * Self.mostKept, lately))
        idleSince = nil
        cutAt = now
        pausedUntil = now + (wait ?? 0)
        growsFrom = pausedUntil
        sent = RecentCount(window: Self.window)
        answered = RecentCount(window: Self.window)
    }
}

/// How many events there were lately, by slots of a tenth of the window. A value.
struct RecentCount: Sendable, Hashable {
    private static let slots = 10

    private let slotLength: Double
    private var counts = [Int](repeating: 0, count: slots)
    private var newest = 0
    private var first: Double?

    init(window: Double) { slotLength = window / Double(Self.slots) }

    mutating func add(at now: Double) {
        first = first ?? now
        let slot = Int(now / slotLength)
        if slot - newest >= Self.slots {
            counts = [Int](repeating: 0, count: Self.slots)
        } else if slot > newest {
            for old in (newest + 1)...slot { counts[old % Self.slots] = 0 }
        }
        newest = max(newest, slot)
        counts[newest % Self.slots] += 1
    }

    /// Events per second over the window, or since the first event where that is shorter; at least a slot.
    func rate(at now: Double) -> Double {
        guard let first else { return 0 }
        // Slots that have passed since the newest event are empty; as many of the oldest are out of the window.
        let passed = max(0, Int(now / slotLength) - newest)
        guard passed < Self.slots else { return 0 }
        let oldest = newest - (Self.slots - 1 - passed)
        let count = (max(0, oldest)...newest).reduce(0) { $0 + counts[$1 % Self.slots] }
        return Double(count) / max(now - max(Double(oldest) * slotLength, first), slotLength)
    }
}
