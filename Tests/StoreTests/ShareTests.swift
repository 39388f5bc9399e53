import Foundation
import JSON
import Store
import Testing

/// How the studies of a team share its workers.
struct ShareTests {
    /// Running studies of these priorities, each with more units than are leased.
    private func studies(_ priorities: [Int], in fixture: StoreFixture) async throws -> [Int] {
        var studies: [Int] = []
        for (place, priority) in priorities.enumerated() {
            let study = try await StoreFixture.submit(to: fixture.store, name: "study \(place)")
            try await fixture.store.update(study: study, spec: ["name": .string("study \(place)"), "priority": .int(priority)])
            let term = try #require(try await fixture.store.lead(study: study, holder: UUID(), ttl: .seconds(60)))
            try await fixture.store.start(term)
            _ = try await fixture.decide(0, units: StoreFixture.units(2000), by: term)
            studies.append(study)
        }
        return studies
    }

    /// The leases are drawn: with a seed they are the same each time. Shares stay within four standard deviations.
    @Test(arguments: [[10, 30], [1, 2, 3, 4, 5, 6, 7, 8, 9, 100], [10, 10, 10, 10, 10, 10, 10, 10, 10, 10]])
    func leasesFollowThePriorities(priorities: [Int]) async throws {
        let fixture = try await StoreFixture.make()
        let studies = try await studies(priorities, in: fixture)
        let session = try await fixture.worker()
        try await fixture.run("SELECT setseed(0.25)")
        let draws = 1500
        var leased: [Int: Int] = [:]
        for _ in 0..<draws {
            for unit in try await fixture.lease(session, examples: 1) { leased[unit.study, default: 0] += 1 }
        }
        #expect(leased.values.reduce(0, +) == draws)
        let sum = Double(priorities.reduce(0, +))
        for (study, priority) in zip(studies, priorities) {
            let share = Double(priority) / sum
            let deviation = (Double(draws) * share * (1 - share)).squareRoot()
            let count = leased[study, default: 0]
            #expect(abs(Double(count) - Double(draws) * share) < 4 * deviation, "study of priority \(priority): \(count)")
            #expect(count > 0, "starved")
        }
    }

    /// What one study cannot use goes to the others in the same call, and a paused study gives nothing.
    @Test func sharesThatAreNotUsedGoToOthers() async throws {
        let fixture = try await StoreFixture.make()
        let studies = try await studies([100, 1], in: fixture)
        let session = try await fixture.worker()
        #expect(try await fixture.lease(session, examples: 3000).count == 3000)
        #expect(try await fixture.count("unit WHERE state = 'ready'") == 1000)
        try await fixture.run("UPDATE nightshift.unit SET state = 'ready', session = NULL, due = NULL")
        try await fixture.store.steer(study: studies[0], "pause")
        let units = try await fixture.lease(session, examples: 50)
        #expect(units.count == 50 && units.allSatisfy { $0.study == studies[1] })
    }

    @Test func thePriorityIsWhatTheTextSays() async throws {
        let fixture = try await StoreFixture.make()
        #expect(try await fixture.store.studyLine(number: fixture.study)?.priority == 10)
        try await fixture.store.update(study: fixture.study, spec: ["name": "study", "priority": 70])
        #expect(try await fixture.store.studyLine(number: fixture.study)?.priority == 70)
        let events = try await fixture.store.events(of: fixture.study, atMost: 1)
        #expect(events.map(\.kind) == ["study.updated"] && events[0].data?["keys"] == ["priority"])
        await #expect(throws: StoreError.self) {
            try await fixture.store.update(study: fixture.study, spec: ["name": "study", "priority": 101])
        }
    }
}
