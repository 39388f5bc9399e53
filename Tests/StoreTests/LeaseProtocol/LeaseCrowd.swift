import Randomness

/// Workers that do all that workers may do, and what they may not: late, twice, in any order, for others.
struct LeaseCrowd {
    private var random: KeyedGenerator
    private var sessions = 0
    private var running: [Int] = []
    /// All leases ever granted; most are stale after a while.
    private var grants: [(session: Int, grant: Grant)] = []
    private var tokens = 0
    private var examples = 0

    init(seed: UInt64, index: Int) {
        random = KeyedGenerator(seed: seed, purpose: "leases", index: index)
    }

    /// A decision of a few units of one to three examples each.
    mutating func decision() -> LeaseStep {
        .decide(
            (0..<1 + random.below(4)).map { _ in
                let first = examples
                examples += 1 + random.below(3)
                return Planned(priority: random.below(2), examples: Array(first..<examples))
            }.sorted { $0.priority < $1.priority })
    }

    mutating func step() -> LeaseStep {
        if running.isEmpty || random.below(12) == 0 { return newSession() }
        guard let grant = grants.isEmpty ? nil : grants[random.below(grants.count)], random.below(4) > 0 else {
            return random.below(40) == 0 ? decision() : .lease(someone(), examples: 1 + random.below(6))
        }
        switch random.below(20) {
        case 0..<9: return report(of: grant.session)
        case 9: return .heartbeat(grant.session, random.sample(3, of: grants.filter { $0.session == grant.session }.map(\.grant)))
        case 10: return .release(grant.session, grant.grant)
        case 11, 12: return .fail(grant.session, grant.grant)
        case 13: return .postpone(grant.session, grant.grant)
        case 14: return random.below(3) == 0 ? .signOff(end()) : .release(someone(), grant.grant)
        case 15: return .expire(end())
        case 16: return random.below(2) == 0 ? .passDueTimes : .reap
        case 17: return random.below(3) == 0 ? .pause : .resume
        default: return .reap
        }
    }

    mutating func learn(_ step: LeaseStep, _ answer: LeaseAnswer) {
        guard case .lease(let session, _) = step, case .granted(let new) = answer else { return }
        grants += new.map { (session, $0) }
    }

    mutating func newSession() -> LeaseStep {
        sessions += 1
        running.append(sessions - 1)
        return .register(sessions - 1)
    }

    /// One worker is busy while another unit costs two others their life: it is suspect, which hardly happens by chance.
    mutating func badNight() -> [LeaseStep] {
        var steps = [newSession(), .lease(sessions - 1, examples: 1)]
        for _ in 0..<2 {
            sessions += 1
            let victim = sessions - 1
            steps += [.register(victim), .lease(victim, examples: 1), .expire(victim), .reap]
        }
        return steps
    }

    /// Every session ends without a word.
    mutating func endAll() -> [LeaseStep] {
        defer { running = [] }
        return running.map(LeaseStep.expire)
    }

    private mutating func someone() -> Int { running[random.below(running.count)] }

    private mutating func end() -> Int { running.remove(at: random.below(running.count)) }

    /// Of up to three of a session's leases, whatever became of them, some examples, perhaps twice, perhaps of another unit.
    private mutating func report(of session: Int) -> LeaseStep {
        let chosen = random.sample(1 + random.below(3), of: grants.filter { $0.session == session }.map(\.grant))
        var items: [Item] = []
        for grant in chosen {
            let some = random.sample(1 + random.below(grant.examples.count), of: grant.examples)
            for example in some + (random.below(8) == 0 ? some : []) {
                items.append(Item(unit: grant.unit, example: example, token: token()))
            }
            if random.below(20) == 0 { items.append(Item(unit: grant.unit, example: random.below(examples), token: token())) }
        }
        return .report(session, random.shuffled(items))
    }

    /// A worker that does all that is left.
    mutating func reportAll(_ session: Int, _ granted: [Grant]) -> LeaseStep {
        .report(session, granted.flatMap { grant in grant.examples.map { Item(unit: grant.unit, example: $0, token: token()) } })
    }

    private mutating func token() -> Int {
        tokens += 1
        return tokens
    }
}
