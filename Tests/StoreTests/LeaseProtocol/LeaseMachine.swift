/// The lease protocol as a value: what the functions of `sql/` do to one study, without a database or a clock.
struct LeaseMachine {
    enum State { case ready, leased, delayed }

    struct Unit {
        let id: Int
        let plan: Planned
        var state = State.ready
        var attempt = 0
        var session: Int?
        var isOverdue = false
        var losses = 0
        var lossesAlone = 0
        var failures = 0

        var isReadySuspect: Bool { state == .ready && losses >= 2 }
    }

    /// Who has the result of an example: a token, or nil where its unit was set aside.
    private(set) var results: [Int: Int?] = [:]
    /// In the order of their decisions.
    private(set) var units: [Unit] = []
    private(set) var isPaused = false
    /// How often a session that held nothing took what another awaited.
    private(set) var overtakings = 0
    /// Which suspect unit a session runs next, alone.
    private var awaited: [Int: Int] = [:]
    private var live: Set<Int> = []
    private var planned = 0

    mutating func take(_ step: LeaseStep) -> LeaseAnswer {
        switch step {
        case .register(let session): live.insert(session)
        case .lease(let session, let examples): return lease(session, examples)
        case .heartbeat(let session, let grants):
            guard live.contains(session) else { return .sessionLost }
            return .notHeld(grants.filter { index(session, $0) == nil }.map(\.unit).sorted())
        case .report(let session, let items): return .verdicts(report(session, items))
        case .release(let session, let grant):
            if let index = index(session, grant) { free(index, .ready) }
        case .fail(let session, let grant): return .text(fail(session, grant))
        case .postpone(let session, let grant):
            guard let index = index(session, grant) else { return .text("gone") }
            free(index, .delayed)
            (units[index].failures, units[index].losses, units[index].lossesAlone) = (0, 0, 0)
            return .text("delayed")
        case .signOff(let session):
            for index in units.indices where units[index].session == session { free(index, .ready) }
            end(session)
        case .expire(let session): end(session)
        case .passDueTimes: for index in units.indices where units[index].state != .ready { units[index].isOverdue = true }
        case .reap: return .text(String(reap()))
        case .pause: isPaused = true
        case .resume:
            isPaused = false
            for index in units.indices where units[index].state == .delayed {
                free(index, .ready)
                units[index].failures = 0
            }
        case .decide(let plans):
            units += plans.enumerated().map { Unit(id: planned + $0, plan: $1) }
            planned += plans.count
        }
        return .done
    }

    private mutating func end(_ session: Int) {
        live.remove(session)
        awaited[session] = nil
    }

    // MARK: Leasing

    private mutating func lease(_ session: Int, _ examples: Int) -> LeaseAnswer {
        guard live.contains(session) else { return .sessionLost }
        var holds = units.contains { $0.session == session }
        if let id = awaited[session] {
            if !isPaused, let index = units.firstIndex(where: { $0.id == id && $0.isReadySuspect }) {
                guard !holds else { return .granted([]) }
                awaited[session] = nil
                return .granted([grant(index, to: session)])
            }
            awaited[session] = nil
        }
        guard !isPaused else { return .granted([]) }
        var left = examples
        var grants: [Grant] = []
        func take(_ isWanted: (Unit) -> Bool) {
            let ready = units.indices.filter { units[$0].state == .ready && isWanted(units[$0]) }
            guard left > 0, let size = ready.prefix(8).map({ units[$0].plan.examples.count }).max() else { return }
            let taken = ready.prefix(max(1, left / size))
            for index in taken { grants.append(grant(index, to: session)) }
            left -= taken.count * size
            holds = true
        }
        for priority in Set(units.map(\.plan.priority)).sorted() {
            // What came back, then what is suspect, then what is fresh: each in the order of the plan.
            take { $0.plan.priority == priority && $0.attempt > 0 && $0.losses < 2 }
            guard left > 0 else { break }
            if awaited[session] == nil, let suspect = suspect(ofPriority: priority, isIdle: !holds) {
                if !holds {
                    if awaited.values.contains(units[suspect].id) { overtakings += 1 }
                    return .granted([grant(suspect, to: session)])
                }
                awaited[session] = units[suspect].id
            }
            take { $0.plan.priority == priority && $0.attempt == 0 }
        }
        return .granted(grants)
    }

    /// One that nobody awaits; else whoever is idle is faster than the one that awaits it.
    private func suspect(ofPriority priority: Int, isIdle: Bool) -> Int? {
        let suspects = units.indices.filter { units[$0].plan.priority == priority && units[$0].isReadySuspect }
        return suspects.first { !awaited.values.contains(units[$0].id) } ?? (isIdle ? suspects.first : nil)
    }

    private mutating func grant(_ index: Int, to session: Int) -> Grant {
        units[index].state = .leased
        units[index].attempt += 1
        units[index].session = session
        units[index].isOverdue = false
        let unit = units[index]
        return Grant(unit: unit.id, attempt: unit.attempt, examples: open(unit), isSuspect: unit.losses >= 2)
    }

    private func open(_ unit: Unit) -> [Int] { unit.plan.examples.filter { results[$0] == nil } }

    // MARK: Ends of leases

    /// The fence: the unit that this session holds by this very lease.
    private func index(_ session: Int, _ grant: Grant) -> Int? {
        units.firstIndex { $0.id == grant.unit && $0.attempt == grant.attempt && $0.session == session }
    }

    private mutating func free(_ index: Int, _ state: State) {
        units[index].state = state
        units[index].session = nil
        units[index].isOverdue = false
    }

    private mutating func report(_ session: Int, _ items: [Item]) -> [Int: String] {
        var verdicts: [Int: String] = [:]
        for item in items {
            guard let unit = units.first(where: { $0.id == item.unit }) else {
                verdicts[item.unit] = "gone"
                continue
            }
            verdicts[item.unit] = "open"
            if unit.plan.examples.contains(item.example), results[item.example] == nil { results[item.example] = item.token }
        }
        for (id, verdict) in verdicts where verdict == "open" {
            guard let index = units.firstIndex(where: { $0.id == id }) else { continue }
            if open(units[index]).isEmpty {
                units.remove(at: index)
                verdicts[id] = "closed"
            } else if units[index].session == session {
                units[index].isOverdue = false
            }
        }
        return verdicts
    }

    private mutating func fail(_ session: Int, _ grant: Grant) -> String {
        guard let index = index(session, grant) else { return "gone" }
        free(index, .delayed)
        units[index].failures += 1
        guard units[index].failures >= 3 else { return "delayed" }
        let failing = units.count { $0.failures > 0 }
        if failing >= 4, failing * 2 > units.count(where: { $0.attempt > 0 }) {
            for other in units.indices { units[other].failures = 0 }
            isPaused = true
            return "paused"
        }
        setAside(index)
        return "set aside"
    }

    private mutating func setAside(_ index: Int) {
        for example in open(units[index]) { results[example] = .some(nil) }
        units.remove(at: index)
    }

    private mutating func reap() -> Int {
        let held = Dictionary(units.compactMap(\.session).map { ($0, 1) }, uniquingKeysWith: +)
        let lost = units.filter { unit in unit.session.map { !live.contains($0) || unit.isOverdue } ?? false }
        for unit in lost {
            guard let session = unit.session, let index = units.firstIndex(where: { $0.id == unit.id }) else { continue }
            let wasAlone = held[session] == 1
            if wasAlone, unit.lossesAlone >= 2 {
                setAside(index)
            } else {
                free(index, .ready)
                units[index].losses += 1
                units[index].lossesAlone += wasAlone ? 1 : 0
            }
        }
        for index in units.indices where units[index].state == .delayed && units[index].isOverdue { free(index, .ready) }
        return lost.count
    }
}

extension LeaseMachine {
    /// The examples of the units that are left, without those that have a result.
    var openExamples: [Int] { units.flatMap(\.plan.examples).filter { results[$0] == nil } }
}
