/// The reference: what must be true of any queue, by nothing but what was asked and answered. It knows neither states of units
/// nor rules of retrying.
struct LeaseLedger {
    private(set) var problems: [String] = []
    /// The token of the first report of each example.
    private(set) var first: [Int: Int] = [:]
    private(set) var planned: Set<Int> = []

    private var plans: [Planned] = []
    private var owner: [Int: (session: Int, attempt: Int)] = [:]
    private var attempts: [Int: Int] = [:]
    private var failures: [Int: Int] = [:]
    /// Units that may have been lost since they were granted: by time, or with their session.
    private var mayBeLost: Set<Int> = []
    private var closed: Set<Int> = []
    private var isPaused = false

    mutating func note(_ step: LeaseStep, _ answer: LeaseAnswer) {
        switch (step, answer) {
        case (.decide(let new), _):
            plans += new
            planned.formUnion(new.flatMap(\.examples))
        case (.lease(let session, _), .granted(let grants)):
            if isPaused, !grants.isEmpty { problems.append("a paused study gave a lease") }
            if grants.count > 1, grants.contains(where: \.isSuspect) { problems.append("a suspect came in company") }
            for grant in grants { note(grant, to: session) }
        case (.report(_, let items), .verdicts(let verdicts)):
            for item in items
            where plans[item.unit].examples.contains(item.example) && first[item.example] == nil && verdicts[item.unit] != "gone"
            {
                first[item.example] = item.token
            }
            for (unit, verdict) in verdicts { note(verdict, of: unit) }
        case (.release(let session, let grant), _), (.postpone(let session, let grant), .text("delayed")):
            if owns(session, grant) { owner[grant.unit] = nil }
        case (.fail(let session, let grant), .text(let verdict)):
            failures[grant.unit, default: 0] += verdict == "gone" ? 0 : 1
            if verdict != "gone", !owns(session, grant) {
                problems.append("\(session) failed unit \(grant.unit), which it did not hold")
            }
            if verdict == "gone", owns(session, grant), !mayBeLost.contains(grant.unit) {
                problems.append("\(session) could not fail unit \(grant.unit), which it held")
            }
            if verdict == "set aside" {
                if failures[grant.unit, default: 0] < 3 { problems.append("unit \(grant.unit) was set aside too early") }
                closed.insert(grant.unit)
            }
            if verdict == "paused" { isPaused = true }
            if verdict != "gone" { owner[grant.unit] = nil }
        case (.heartbeat(let session, let grants), .notHeld(let lost)):
            // The answer names units: of two leases of one unit it does not say which.
            for grant in grants where grants.count(where: { $0.unit == grant.unit }) == 1 {
                let isHeld = owns(session, grant)
                if isHeld, lost.contains(grant.unit), !mayBeLost.contains(grant.unit) {
                    problems.append("unit \(grant.unit) was taken from \(session), which is alive and in time")
                }
                if !isHeld, !lost.contains(grant.unit) {
                    problems.append("\(session) was told that it holds unit \(grant.unit), which it does not")
                }
            }
        case (.signOff(let session), _): owner = owner.filter { $0.value.session != session }
        case (.expire(let session), _): mayBeLost.formUnion(owner.filter { $0.value.session == session }.keys)
        case (.passDueTimes, _): mayBeLost.formUnion(owner.keys)
        case (.pause, _): isPaused = true
        case (.resume, _): isPaused = false
        default: break
        }
    }

    private func owns(_ session: Int, _ grant: Grant) -> Bool {
        owner[grant.unit].map { $0 == (session, grant.attempt) } ?? false
    }

    private mutating func note(_ grant: Grant, to session: Int) {
        let unit = grant.unit
        if closed.contains(unit) { problems.append("unit \(unit), which is closed, was leased") }
        if let holder = owner[unit], !mayBeLost.contains(unit) {
            problems.append("unit \(unit) was leased to \(session) while \(holder.session) held it")
        }
        if grant.attempt <= attempts[unit, default: 0] { problems.append("attempt \(grant.attempt) of unit \(unit) came twice") }
        if grant.examples != plans[unit].examples.filter({ first[$0] == nil }) {
            problems.append("unit \(unit) was leased with \(grant.examples)")
        }
        attempts[unit] = grant.attempt
        owner[unit] = (session, grant.attempt)
        mayBeLost.remove(unit)
    }

    private mutating func note(_ verdict: String, of unit: Int) {
        let isComplete = plans[unit].examples.allSatisfy { first[$0] != nil }
        if verdict == "closed" || verdict == "open", (verdict == "closed") != isComplete {
            problems.append("unit \(unit) is \(verdict), and its results are \(isComplete ? "" : "not ")complete")
        }
        if verdict == "open", closed.contains(unit) { problems.append("unit \(unit) opened again") }
        if verdict == "closed" { closed.insert(unit) }
        if verdict != "open" { owner[unit] = nil }
    }

    /// Holds the tables against what was answered.
    ///
    /// - Parameters:
    ///   - results: token by example, nil where a unit was set aside.
    ///   - open: the examples of the units that are left, as often as they occur.
    mutating func close(results: [Int: Int?], open: [Int]) {
        for (example, token) in first where results[example] != .some(token) {
            problems.append(
                "example \(example): the first report was \(token), stored is \(String(describing: results[example]))")
        }
        for (example, token) in results where token != nil && first[example] == nil {
            problems.append("example \(example) has a result that nobody reported")
        }
        if Set(open).count != open.count { problems.append("an example is in two units") }
        if !Set(open).isDisjoint(with: results.keys) { problems.append("an example is open and has a result") }
        if planned != Set(open).union(results.keys) {
            problems.append("lost: \(planned.subtracting(open).subtracting(results.keys))")
        }
    }
}
