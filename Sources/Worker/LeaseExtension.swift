/// Which leases are to be put off because their examples still run: a long example is no lost one. A value without I/O.
///
/// A unit none of whose examples ends for ``hungAfter`` is taken for hung: its lease runs out, and others try.
struct LeaseExtension: Sendable {
    /// A unit in hand, and how many of its items have not ended.
    struct Holding: Sendable, Hashable {
        var unit: Int
        var attempt: Int
        var remaining: Int
        /// Whether its provider is waited for: that is no hanging.
        var isHeld = false
    }

    private struct Known {
        var holding: Holding
        /// When the lease was made or put off last, at the earliest.
        var extended: ContinuousClock.Instant
        var progressed: ContinuousClock.Instant
    }

    /// Put off when this much of a lease has passed: half of it.
    let interval: Duration
    let hungAfter: Duration
    private var known: [Int: Known] = [:]

    init(unitTTL: Duration, hungAfter: Duration) {
        interval = unitTTL / 2
        self.hungAfter = hungAfter
    }

    /// Those of the leases in hand that are to be put off now; they count as put off.
    mutating func due(_ holdings: [Holding], at now: ContinuousClock.Instant) -> [(unit: Int, attempt: Int)] {
        var due: [(unit: Int, attempt: Int)] = []
        var next: [Int: Known] = [:]
        for holding in holdings {
            var entry = Known(holding: holding, extended: now, progressed: now)
            if let old = known[holding.unit], old.holding.attempt == holding.attempt {
                entry.extended = old.extended
                if old.holding.remaining == holding.remaining, !holding.isHeld { entry.progressed = old.progressed }
            }
            if now - entry.extended >= interval, now - entry.progressed < hungAfter {
                due.append((holding.unit, holding.attempt))
                entry.extended = now
            }
            next[holding.unit] = entry
        }
        known = next
        return due
    }
}
