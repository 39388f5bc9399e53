import Foundation
import JSON
import Postgres
import Store
import Testing

struct TeamTests {
    @Test func aRoleOfAnotherTeamSeesAndDoesNothingHere() async throws {
        let fixture = try await StoreFixture.make(units: 1)
        // Roles belong to the server, which other tests share.
        let role = "stranger_\(UUID().uuidString.prefix(8).lowercased())"
        try await fixture.store.makeRoles()
        // A viewer's role may not even try to write.
        for kind in RoleKind.allCases where kind != .viewer { _ = try await fixture.store.enrol(role, in: "strangers", as: kind) }
        let address = try PostgresAddress(url: fixture.url.replacing("user=nightshift", with: "user=\(role)"))
        let stranger = Store(Database(address: address, patience: .none))
        let session = try await fixture.worker()
        let unit = try #require(try await fixture.lease(session).first)
        _ = try await fixture.store.report(session: session, StoreFixture.results(unit))
        _ = try await fixture.decide(1, units: StoreFixture.units(1, decision: 1, first: 5))

        #expect(try await stranger.studyLines().isEmpty)
        #expect(try await stranger.study(number: fixture.study) == nil)
        #expect(try await stranger.studies(idPrefix: "").isEmpty)
        #expect(await storeErrorCode { _ = try await stranger.spec(of: fixture.study) } == .malformed)
        #expect(
            await storeErrorCode {
                _ = try await stranger.candidateState(study: fixture.study, candidate: StoreFixture.candidate)
            } == .malformed)
        #expect(try await stranger.examples(study: fixture.study, split: "val", numbers: [0, 1]).isEmpty)
        #expect(
            try await stranger.results(
                study: fixture.study, candidate: StoreFixture.candidate, split: "val", rollout: 0, examples: [0],
                withDetails: true
            ).isEmpty)
        #expect(try await stranger.workerCount() == 0)

        let strange = UUID()
        try await stranger.register(session: strange, name: "stranger", info: [:], ttl: .seconds(60))
        #expect(try await stranger.lease(session: strange, examples: 100, study: nil, ttl: .seconds(60)).isEmpty)
        #expect(try await stranger.lease(session: strange, examples: 100, study: fixture.study, ttl: .seconds(60)).isEmpty)
        #expect(try await stranger.steer(study: fixture.study, "cancel") == nil)
        #expect(try await stranger.studiesToLead(holder: UUID()).isEmpty)
        try await fixture.store.resign(fixture.term)
        #expect(try await stranger.lead(study: fixture.study, holder: UUID(), ttl: .seconds(60)) == nil)
        try await stranger.refuse(session: strange, study: fixture.study, message: "not mine")
        #expect(try await fixture.store.state(of: fixture.study)?.state == "running")
        let open = try await fixture.text("SELECT unit_id FROM nightshift.unit")
        #expect(
            await storeErrorCode { _ = try await stranger.database.call("SELECT nightshift.set_aside(\(open ?? ""), 'gone')") }
                == .database)
        try await stranger.update(study: fixture.study, spec: [:])
        #expect(try await fixture.store.spec(of: fixture.study).spec == ["name": "study"])
        #expect(try await stranger.decisions(of: fixture.study).isEmpty)
        // The other team may use the same name, for a study of its own.
        let own = try await StoreFixture.submit(to: stranger)
        #expect(try await stranger.studyLines().count == 1)
        #expect(try await fixture.store.study(number: own) == nil)
    }
}
