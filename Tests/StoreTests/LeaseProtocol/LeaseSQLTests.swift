import Foundation
import Postgres
import Randomness
import Store
import Testing

struct LeaseSQLTests {
    /// The same interleavings as the machine's, with every answer of the database held against the machine's.
    @Test func theDatabaseAnswersAsTheMachineDoes() async throws {
        let fixture = try await StoreFixture.make()
        var (steps, decision, overtakings) = (0, 0, 0)
        for index in 0..<260 {
            var machine = LeaseMachine()
            let run = LeaseRun(index)
            let queue = SQLQueue(fixture, interleaving: index, firstDecision: decision)
            func take(_ step: LeaseStep) async throws -> LeaseAnswer {
                let (expected, answer) = (machine.take(step), try await queue.take(step))
                run.note(step, answer)
                steps += 1
                try #require(answer == expected, "interleaving \(index): \(step)")
                return answer
            }
            _ = try await take(run.crowd.decision())
            if index.isMultiple(of: 4) { for step in run.crowd.badNight() { _ = try await take(step) } }
            for _ in 0..<18 { _ = try await take(run.crowd.step()) }
            run.ledger.close(results: try await queue.results(), open: try await queue.openExamples())
            _ = try await take(.resume)
            try await finish(run, take)
            let results = try await queue.results()
            run.ledger.close(results: results, open: try await queue.openExamples())
            #expect(run.ledger.problems == [], "interleaving \(index)")
            #expect(results == machine.results && results.count == run.ledger.planned.count)
            decision = queue.nextDecision
            overtakings += machine.overtakings
        }
        #expect(steps >= 5000 && overtakings > 0, "\(steps) steps, \(overtakings) overtakings")
        #expect(try await fixture.count("check_integrity()") == 0)
    }

    /// Many at once, so that the order is the database's own: nothing is lost, nothing counted twice, the first result stands.
    @Test func manyConnectionsAtOnceLoseNothing() async throws {
        let fixture = try await StoreFixture.make()
        for decision in 0..<6 {
            _ = try await fixture.decide(
                decision, units: StoreFixture.units(20, size: 3, decision: decision, first: decision * 60, priority: decision % 2)
            )
        }
        let acknowledged = try await withThrowingTaskGroup(of: [Int: Set<Int>].self) { group in
            for worker in 0..<6 { group.addTask { try await Self.work(worker, in: fixture) } }
            return try await group.reduce(into: [:]) { $0.merge($1) { $0.union($1) } }
        }
        #expect(try await fixture.count("unit") == 0)
        #expect(try await fixture.count("result WHERE outcome = 'scored'") == 360)
        #expect(try await fixture.count("check_integrity()") == 0)
        // What is stored of an example is what one of those who reported it was told to be in.
        for row in try await fixture.run("SELECT example, score FROM nightshift.result") {
            let example = try row.int("example")
            #expect(acknowledged[example]?.contains(Int(try row.double("score"))) == true, "example \(example)")
        }
    }

    /// Leases, reports in parts and twice, gives back, vanishes; answers the tokens that it sent by example.
    private static func work(_ worker: Int, in fixture: StoreFixture) async throws -> [Int: Set<Int>] {
        let store = try fixture.anotherStore()
        var random = KeyedGenerator(seed: 6, purpose: "worker", index: worker)
        var sent: [Int: Set<Int>] = [:]
        var token = worker * 1_000_000
        var session = try await fixture.worker()
        while try await fixture.count("unit") > 0 {
            let units = try await store.lease(session: session, examples: 1 + random.below(12), study: nil, ttl: .seconds(60))
            if units.isEmpty { try await store.reap() }
            let results = units.flatMap { unit in
                random.sample(random.below(8) == 0 ? 1 : 3, of: unit.examples).map { example in
                    token += 1
                    sent[example, default: []].insert(token)
                    return StoreFixture.result(unit, example, score: Double(token))
                }
            }
            _ = try await store.report(session: session, random.shuffled(results))
            if random.below(3) == 0 { _ = try await store.report(session: session, results) }
            switch random.below(6) {
            case 0: try await store.release(session: session, units.map { ($0.id, $0.attempt) })
            case 1:
                // It vanishes, and what it held comes back from the dead.
                try await fixture.expire(session)
                session = try await fixture.worker()
                try await store.reap()
            case 2:
                try await store.signOff(session: session)
                session = try await fixture.worker()
            default: break
            }
        }
        return sent
    }
}

/// As the machine's, over a database.
private func finish(_ run: LeaseRun, _ take: (LeaseStep) async throws -> LeaseAnswer) async throws {
    for _ in 0..<40 {
        for end in run.crowd.endAll() { _ = try await take(end) }
        let step = run.crowd.newSession()
        guard case .register(let session) = step else { return }
        _ = try await take(step)
        _ = try await take(.passDueTimes)
        _ = try await take(.reap)
        guard case .granted(let grants) = try await take(.lease(session, examples: 100)), !grants.isEmpty else { return }
        _ = try await take(run.crowd.reportAll(session, grants))
    }
}
