internal import Store

/// What a worker holds: leased units, items that wait for a slot, items in flight. A value without I/O.
struct WorkQueue<Item: Sendable>: Sendable {
    /// A unit in hand.
    private struct Held {
        var attempt: Int
        var study: Int
        var isSuspect: Bool
        /// Items that are not finished, and how many of them are in flight.
        var remaining: Int
        var running = 0
        var failure: UnitFailure?
    }

    /// What to do about a unit whose last item has ended.
    enum Ending: Equatable {
        /// Its results close it.
        case complete
        /// Part of it failed for reasons outside the program: it is to be tried elsewhere.
        case failed(unit: Int, attempt: Int, UnitFailure)
        case none
    }

    let concurrency: Int
    private(set) var inFlight = 0
    private var waiting: [(unit: Int, item: Item)] = []
    private var head = 0
    /// Studies whose provider is away, and their items that are not started meanwhile.
    private var heldStudies: Set<Int> = []
    private var heldItems: [(unit: Int, item: Item)] = []
    private var units: [Int: Held] = [:]
    /// Items in flight of units that were dropped meanwhile: such a unit may have been leased again.
    private var strays: [Int: (study: Int, count: Int)] = [:]
    /// Mean time of an item, in seconds; exponentially weighted.
    private var itemSeconds = 0.0
    private(set) var isDraining = false

    init(concurrency: Int) { self.concurrency = concurrency }

    var queued: Int { waiting.count - head }
    var isIdle: Bool { inFlight == 0 && queued == 0 && heldItems.isEmpty }
    /// It drains, and all that is still in flight waits for a provider that is away.
    var isStuck: Bool { isDraining && inFlight > 0 && occupied == 0 }
    /// Items in flight, but for those that wait for a provider: they need no slot.
    private var occupied: Int {
        guard !heldStudies.isEmpty else { return inFlight }
        let running = units.values.map { ($0.study, $0.running) } + strays.values.map { ($0.study, $0.count) }
        return inFlight - running.reduce(0) { heldStudies.contains($1.0) ? $0 + $1.1 : $0 }
    }
    /// Those of which anything is in hand or in flight.
    var studies: Set<Int> { Set(units.values.map(\.study)).union(strays.values.map(\.study)) }
    var held: [(unit: Int, attempt: Int)] { units.map { ($0.key, $0.value.attempt) }.sorted { $0.unit < $1.unit } }
    var heldCount: Int { units.count }
    var holdings: [LeaseExtension.Holding] {
        units.map {
            LeaseExtension.Holding(
                unit: $0.key, attempt: $0.value.attempt, remaining: $0.value.remaining,
                isHeld: heldStudies.contains($0.value.study))
        }
    }
    func holds(_ unit: Int) -> Bool { units[unit] != nil }

    /// How many examples to lease now so that no slot idles while the answer is under way: the free slots and what is
    /// finished in `leaseAhead` seconds. Nothing while enough waits, so that leases come in batches and other workers
    /// find work too.
    func wanted(leaseAhead seconds: Double) -> Int {
        guard !isDraining, !units.values.contains(where: \.isSuspect) else { return 0 }
        let free = concurrency - occupied
        let ahead = itemSeconds > 0 ? min(4 * concurrency, Int((Double(concurrency) * seconds / itemSeconds).rounded(.up))) : 1
        let missing = free + ahead - queued
        return queued <= ahead / 2 || free > queued ? max(0, missing) : 0
    }

    mutating func add(unit: LeasedUnit, items: [Item]) {
        guard units[unit.id] == nil, !items.isEmpty, !isDraining else { return }
        units[unit.id] = Held(attempt: unit.attempt, study: unit.study, isSuspect: unit.isSuspect, remaining: items.count)
        let added = items.map { (unit.id, $0) }
        if heldStudies.contains(unit.study) { heldItems += added } else { waiting += added }
    }

    /// The next item for a free slot.
    mutating func start() -> Item? {
        guard occupied < concurrency else { return nil }
        while head < waiting.count {
            let (unit, item) = waiting[head]
            head += 1
            if head > 1024, head * 2 > waiting.count {
                waiting.removeFirst(head)
                head = 0
            }
            guard units[unit] != nil else { continue }
            units[unit]?.running += 1
            inFlight += 1
            return item
        }
        return nil
    }

    /// An item has ended; `failure` when the surroundings, not the program, were to blame.
    mutating func finish(unit: Int, failure: UnitFailure?, seconds: Double) -> Ending {
        inFlight -= 1
        itemSeconds = itemSeconds == 0 ? seconds : 0.95 * itemSeconds + 0.05 * seconds
        // Items of two leases of one unit cannot be told apart, but they can be counted: it ends when all have ended.
        let isStray = endStray(of: unit)
        guard var unitHeld = units[unit] else { return .none }
        // The first one says why, but what the budget refused fails wherever it is tried.
        if let failure, unitHeld.failure.map({ failure.isByBudget && !$0.isByBudget }) ?? true { unitHeld.failure = failure }
        if !isStray {
            unitHeld.remaining -= 1
            unitHeld.running -= 1
        }
        guard unitHeld.remaining == 0 else {
            units[unit] = unitHeld
            return .none
        }
        units[unit] = nil
        if let failure = unitHeld.failure { return .failed(unit: unit, attempt: unitHeld.attempt, failure) }
        return .complete
    }

    private mutating func endStray(of unit: Int) -> Bool {
        guard let (study, count) = strays[unit] else { return false }
        strays[unit] = count > 1 ? (study, count - 1) : nil
        return true
    }

    /// Forgets units that are no longer the worker's; what of them is in flight ends and is reported all the same.
    mutating func drop(units lost: some Sequence<Int>) {
        for unit in lost {
            guard let held = units.removeValue(forKey: unit), held.running > 0 else { continue }
            strays[unit] = (held.study, (strays[unit]?.count ?? 0) + held.running)
        }
        let kept = units
        waiting = waiting[head...].filter { kept[$0.unit] != nil }
        heldItems = heldItems.filter { kept[$0.unit] != nil }
        head = 0
    }

    /// Starts nothing of these studies until it is told of others: their provider is away. Their items in flight need no slots
    /// meanwhile, so that other studies go on.
    mutating func hold(studies: Set<Int>) {
        heldStudies = studies
        let all = heldItems + waiting[head...]
        head = 0
        let isHeld = { [units] (item: (unit: Int, item: Item)) in units[item.unit].map { studies.contains($0.study) } ?? false }
        heldItems = all.filter(isHeld)
        waiting = all.filter { !isHeld($0) }
    }

    mutating func drop(study: Int) {
        drop(units: units.filter { $0.value.study == study }.map(\.key))
    }

    /// The session is lost: nothing in hand is the worker's any more.
    mutating func dropAll() { drop(units: Array(units.keys)) }

    /// Starts nothing more; what is in flight ends.
    mutating func drain() {
        isDraining = true
        waiting = []
        heldItems = []
        head = 0
    }
}
