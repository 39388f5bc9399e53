import Foundation
import Postgres
import Randomness
import Store
import Testing

struct IntegrityTests {
    /// Five workers that lease, report, repeat themselves, fail, release, vanish and come back, in an order drawn from a seed.
    private struct Workload {
        let fixture: StoreFixture
        var generator: KeyedGenerator
        var sessions: [UUID] = []
        /// Every unit that was ever leased: any of them may be reported again.
        var leased: [LeasedUnit] = []
        var decisions = 1

        mutating func draw(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }

        mutating func step() async throws {
            let place = draw(5)
            let (store, session) = (fixture.store, sessions[place])
            do {
                switch draw(20) {
                case 0..<7: leased += try await fixture.lease(session, examples: 1 + draw(12))
                case 7..<13: try await report(by: session)
                case 13, 14:
                    guard let unit = leased.randomElement(using: &generator) else { return }
                    try await store.fail(session: session, unit: unit.id, attempt: unit.attempt, error: "503", delay: .zero)
                case 15: try await store.release(session: session, try await store.held(session: session))
                case 16: try await fixture.expire(session)
                case 17: try await store.reap()
                case 18:
                    guard decisions < 8 else { return }
                    _ = try await fixture.decide(
                        decisions,
                        units: StoreFixture.units(12, size: 5, decision: decisions, first: decisions * 60, priority: draw(3)))
                    decisions += 1
                default: try await store.steer(study: fixture.study, draw(3) == 0 ? "pause" : "resume")
                }
            } catch let error as StoreError where error.code == .sessionLost {
                sessions[place] = try await fixture.worker()
            }
        }

        private mutating func report(by session: UUID) async throws {
            var results: [UnitResult] = []
            for _ in 0..<(1 + draw(3)) {
                guard let unit = leased.randomElement(using: &generator) else { return }
                results += StoreFixture.results(unit).shuffled(using: &generator).prefix(1 + draw(6))
            }
            _ = try await fixture.store.report(session: session, results + results.prefix(draw(4)))
        }

        /// Runs what is left: every example then has its result.
        func drain() async throws {
            try await fixture.store.steer(study: fixture.study, "resume")
            for session in sessions { try await fixture.store.signOff(session: session) }
            while try await fixture.count("unit") > 0 {
                try await fixture.passDueTimes()
                try await fixture.store.reap()
                let session = try await fixture.worker()
                let units = try await fixture.lease(session)
                _ = try await fixture.store.report(session: session, units.flatMap(StoreFixture.results))
                try await fixture.store.close(units: units.map(\.id))
            }
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func afterAnyMixOfOperationsEveryExampleHasOneResult(seed: UInt64) async throws {
        let fixture = try await StoreFixture.make(units: 12, size: 5)
        var workload = Workload(fixture: fixture, generator: KeyedGenerator(seed: seed, purpose: "workload"))
        for _ in 0..<5 { workload.sessions.append(try await fixture.worker()) }
        for _ in 0..<500 { try await workload.step() }
        #expect(try await fixture.run("SELECT * FROM nightshift.check_integrity()").isEmpty)
        try await workload.drain()
        #expect(try await fixture.run("SELECT * FROM nightshift.check_integrity()").isEmpty)
        let planned = workload.decisions * 60
        #expect(try await fixture.count("result") == planned)
        #expect(
            try await fixture.text("SELECT count(DISTINCT example) FROM nightshift.result WHERE example < \(planned)")
                == "\(planned)")
        #expect(try await fixture.count("unit") == 0)
    }

    @Test func checkIntegrityFindsWhatForeignKeysWouldHaveRefused() async throws {
        let fixture = try await StoreFixture.make(units: 1)
        try await fixture.run("UPDATE nightshift.unit SET decision = 7, candidate = 'nobody'")
        try await fixture.run("UPDATE nightshift.decision SET number = 4")
        let problems = try await fixture.run("SELECT problem FROM nightshift.check_integrity() ORDER BY 1")
        #expect(
            try problems.map { try $0.text("problem") } == [
                "decisions with a gap", "unit of an unknown candidate", "unit without its decision",
            ])
    }
}
