import Foundation
import JSON
import Postgres
import Store
import Testing

/// Each kind of role, over a connection of its own: what it may do works, what it may not is refused by the server.
struct RoleTests {
    private let suffix = UUID().uuidString.prefix(8).lowercased()

    /// A fixture whose study belongs to team `red`, and a way in for each kind.
    private func team() async throws -> (StoreFixture, Store, Int, (RoleKind, String) async throws -> Store) {
        let fixture = try await StoreFixture.make()
        try await fixture.store.makeRoles()
        let login = { (kind: RoleKind, team: String) in
            let role = "\(team)_\(kind.rawValue)_\(suffix)"
            _ = try await fixture.store.enrol(role, in: team, as: kind)
            let address = try PostgresAddress(url: fixture.url.replacing("user=nightshift", with: "user=\(role)"))
            return Store(Database(address: address, patience: .none))
        }
        let member = try await login(.member, "red")
        return (fixture, member, try await StoreFixture.submit(to: member, name: "red study"), login)
    }

    /// What the server says to a statement: its SQLSTATE, or none where it is allowed.
    private func refusal(of store: Store, _ sql: String) async throws -> String? {
        let connection = try await PostgresConnection.connect(store.database.address)
        defer { Task { await connection.close() } }
        do {
            try await connection.query(sql)
            return nil
        } catch {
            return error.sqlState ?? "\(error)"
        }
    }

    /// The record names the login role, not the owner whose rights the functions have.
    @Test func theRecordNamesWhoDidIt() async throws {
        let (fixture, member, study, login) = try await team()
        let name = "red_member_\(suffix)"
        try await member.update(study: study, spec: ["name": "red study", "budget": ["lm_calls": 5], "priority": 20])
        for action in ["pause", "resume", "cancel"] { try await member.steer(study: study, action) }
        let events = try await member.events(of: study, atMost: 100)
        #expect(
            events.map(\.kind) == ["study.submitted", "study.updated", "study.pause", "study.resume", "study.cancel"])
        #expect(events.allSatisfy { $0.actor == name }, "\(events)")
        #expect(events[1].data?["keys"] == ["budget", "priority"])
        let viewer = try await login(.viewer, "red")
        #expect(try await viewer.events(of: study, atMost: 100) == events)
        await #expect(throws: StoreError.self) { try await viewer.databaseEvents(atMost: 1) }

        try await fixture.store.prune(study: study)
        let record = try await fixture.store.databaseEvents(atMost: 100)
        #expect(record.map(\.kind) == ["role.enrolled", "role.enrolled", "study.pruned"])
        #expect(record.allSatisfy { $0.actor == "nightshift" })
        #expect(record[0].data == ["role": .string(name), "team": "red", "kind": "member"])
        #expect(record[2].data?["name"] == "red study")
    }

    @Test func aDroppedRoleBelongsNowhere() async throws {
        let (fixture, _, _, login) = try await team()
        _ = try await login(.viewer, "red")
        let name = "red_viewer_\(suffix)"
        #expect(await storeErrorCode { _ = try await fixture.store.enrol(name, in: "blue", as: .viewer) } != nil)
        try await fixture.run("DROP ROLE \"\(name)\"")
        #expect(try await fixture.store.enrol(name, in: "blue", as: .viewer))
    }

    /// Coordinators and workers may be at work under the role that owned everything before there were roles.
    @Test func whoOwnedTheDatabaseGoesOn() async throws {
        let fixture = try await StoreFixture.make()
        let owner = "house_\(suffix)"
        for sql in ["CREATE ROLE \(owner) LOGIN", "ALTER SCHEMA nightshift OWNER TO \(owner)"] { try await fixture.run(sql) }
        try await fixture.store.makeRoles()
        let address = try PostgresAddress(url: fixture.url.replacing("user=nightshift", with: "user=\(owner)"))
        let store = Store(Database(address: address, patience: .none))
        let session = UUID()
        try await store.register(session: session, name: "w", info: [:], ttl: .seconds(60))
        #expect(try await store.lease(session: session, examples: 1, study: nil, ttl: .seconds(60)).isEmpty)
        #expect(try await store.studyLines().count == 1)
    }

    @Test func aStudyRunsWithNobodyHavingMoreRightsThanNeeded() async throws {
        let (fixture, member, study, login) = try await team()
        let (coordinator, worker, viewer) = (
            try await login(.coordinator, "red"), try await login(.worker, "red"), try await login(.viewer, "red")
        )
        let term = try #require(try await coordinator.lead(study: study, holder: UUID(), ttl: .seconds(60)))
        try await coordinator.start(term)
        #expect(try await fixture.decide(0, units: StoreFixture.units(2, size: 2), by: term))
        #expect(
            try await coordinator.decide(
                term, DecisionRecord(number: 1, key: "d1", stage: "search", body: [:]), candidates: [], trials: [], units: []))

        let session = UUID()
        try await worker.register(session: session, name: "w", info: [:], ttl: .seconds(60))
        #expect(await storeErrorCode { _ = try await worker.spec(of: study) } == .malformed, "before it holds anything of it")
        let units = try await worker.lease(session: session, examples: 10, study: nil, ttl: .seconds(60))
        #expect(units.count == 2)
        #expect(try await worker.spec(of: study).spec == ["name": "red study"])
        #expect(try await worker.candidateState(study: study, candidate: StoreFixture.candidate) == ["predict": [:]])
        #expect(try await worker.examples(study: study, split: "val", numbers: [0]).count == 1)
        #expect(try await worker.heartbeat(session: session, ttl: .seconds(60), held: [], isDraining: false) == [])
        #expect(
            try await worker.report(session: session, units.flatMap(StoreFixture.results)).values.allSatisfy { $0 == .closed })
        try await worker.signOff(session: session)

        #expect(try await coordinator.isComplete(study: study, decision: 0))
        #expect(try await coordinator.decisions(of: study).count == 2)
        #expect(try await coordinator.reap() == 0)
        #expect(try await coordinator.workerCount() == 0)
        #expect(try await viewer.studyLines().count == 1)
        #expect(try await viewer.progress(of: study).count == 1)
        #expect(try await viewer.resultDetails(study: study, candidate: StoreFixture.candidate, split: "val").count == 4)
        #expect(try await member.steer(study: study, "pause") == "paused")
    }

    @Test func aWorkerCallsItsFunctionsAndNothingElse() async throws {
        let (_, _, _, login) = try await team()
        let worker = try await login(.worker, "red")
        for statement in [
            "SELECT * FROM nightshift.unit", "SELECT * FROM nightshift.study", "SELECT * FROM nightshift.my_study",
            "SELECT * FROM nightshift.session", "SELECT * FROM nightshift.live_session", "SELECT * FROM nightshift.my_result",
            "DELETE FROM nightshift.unit", "INSERT INTO nightshift.team (name) VALUES ('x')",
            "UPDATE nightshift.member SET team_id = 1", "SELECT nightshift.steer(1, 'cancel', NULL)",
            "SELECT nightshift.lead(1, gen_random_uuid(), '{}', 60)", "SELECT nightshift.set_aside(1, 'x')",
            "SELECT nightshift.reap(10)", "SELECT nightshift.delete_units('{1}')", "SELECT nightshift.pause_for(1, 'x')",
            "SELECT nightshift.lose(1, true)", "SELECT nightshift.secure()", "SELECT nightshift.enrol('red', 'me', 'member')",
            "SELECT nightshift.end_processes('h', '{1}')", "CREATE TABLE nightshift.mine (x int)", "SET ROLE nightshift_owner",
            "CREATE FUNCTION nightshift.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        ] { #expect(try await refusal(of: worker, statement) == "42501", "\(statement)") }
    }

    @Test func aViewerOnlyLooks() async throws {
        let (_, _, _, login) = try await team()
        let viewer = try await login(.viewer, "red")
        for statement in [
            "SELECT nightshift.lease(gen_random_uuid(), 1, NULL, 60)", "SELECT nightshift.report(gen_random_uuid(), '[]')",
            "SELECT nightshift.decide(1, gen_random_uuid(), 1, 0, '', 'search', '{}', '[]', '[]', '[]')",
            "SELECT nightshift.steer(1, 'cancel', NULL)", "SELECT nightshift.submit('', '', '', '{}', 1, '[]')",
            "SELECT session FROM nightshift.live_session", "SELECT * FROM nightshift.study", "SELECT * FROM nightshift.result",
            "SELECT * FROM nightshift.example", "SELECT * FROM nightshift.event",
        ] { #expect(try await refusal(of: viewer, statement) == "42501", "\(statement)") }
    }

    @Test func membersAndCoordinatorsKeepToTheirOwn() async throws {
        let (_, member, _, login) = try await team()
        let coordinator = try await login(.coordinator, "red")
        for statement in [
            "SELECT nightshift.lease(gen_random_uuid(), 1, NULL, 60)",
            "SELECT nightshift.finish(1, gen_random_uuid(), 1, 'failed', NULL, '', NULL)",
            "SELECT * FROM nightshift.unit", "UPDATE nightshift.study SET state = 'running'",
        ] { #expect(try await refusal(of: member, statement) == "42501", "\(statement)") }
        for statement in [
            "SELECT nightshift.lease(gen_random_uuid(), 1, NULL, 60)", "SELECT nightshift.submit('', '', '', '{}', 1, '[]')",
            "SELECT nightshift.update_spec(1, '{}')", "DELETE FROM nightshift.decision",
            "SELECT session FROM nightshift.live_session",
        ] { #expect(try await refusal(of: coordinator, statement) == "42501", "\(statement)") }
    }

    @Test func teamsSeeNothingOfEachOther() async throws {
        let (fixture, _, study, login) = try await team()
        let term = try #require(try await login(.coordinator, "red").lead(study: study, holder: UUID(), ttl: .seconds(60)))
        try await fixture.store.start(term)
        _ = try await fixture.decide(0, units: StoreFixture.units(2), by: term)
        let redWorker = try await login(.worker, "red")
        let session = UUID()
        try await redWorker.register(session: session, name: "w", info: [:], ttl: .seconds(60))
        let units = try await redWorker.lease(session: session, examples: 10, study: nil, ttl: .seconds(60))

        let (worker, viewer) = (try await login(.worker, "blue"), try await login(.viewer, "blue"))
        let own = UUID()
        try await worker.register(session: own, name: "w", info: [:], ttl: .seconds(60))
        #expect(try await worker.lease(session: own, examples: 10, study: study, ttl: .seconds(60)).isEmpty)
        #expect(
            await storeErrorCode { _ = try await worker.report(session: own, units.flatMap(StoreFixture.results)) } == .database)
        #expect(await storeErrorCode { _ = try await worker.spec(of: study) } == .malformed)
        #expect(try await worker.examples(study: study, split: "val", numbers: [0]).isEmpty)
        #expect(try await fixture.count("result") == 0)
        for view in [
            "my_study", "my_decision", "my_result", "my_proposal", "my_event", "trial_overview", "usage_overview",
            "stage_overview", "unit_count", "study_overview", "corpus_overview",
        ] {
            #expect(try await viewer.database.call("SELECT 1 FROM nightshift.\(view)").isEmpty, "\(view)")
        }
        #expect(try await viewer.database.call("SELECT name FROM nightshift.live_session").count == 1, "its own team's worker")
        #expect(try await viewer.database.call("SELECT pid FROM nightshift.live_process").count == 1)
        await #expect(throws: StoreError.self, "a role belongs to one team") {
            try await fixture.store.enrol("blue_worker_\(suffix)", in: "red", as: .worker)
        }
    }

    /// Neither the statement nor its SQLSTATE helps whoever reads it.
    @Test func aRefusalSaysWhatHelps() async throws {
        let (_, _, _, login) = try await team()
        let worker = try await login(.worker, "red")
        await #expect { _ = try await worker.studyLines() } throws: { error in
            let text = "\(error)"
            return text.hasPrefix("permission denied for ") && text.contains("nightshift db roles")
                && !text.contains("SELECT") && !text.contains("SQLSTATE")
        }
    }

    @Test func aRoleWithoutATeamIsToldSo() async throws {
        let (fixture, _, _, _) = try await team()
        let role = "nobody_\(suffix)"
        try await fixture.run("CREATE ROLE \(role) LOGIN IN ROLE nightshift_member")
        let address = try PostgresAddress(url: fixture.url.replacing("user=nightshift", with: "user=\(role)"))
        let nobody = Store(Database(address: address, patience: .none))
        await #expect { _ = try await nobody.studyLines() } throws: {
            "\($0)" == "the role \"\(role)\" belongs to no team of this database: nightshift db roles enrols it"
        }
    }

    /// Only what `permission` names is open, and what it names exists; nothing is open to everybody.
    @Test func rightsAreThoseOfThePermissionTable() async throws {
        let (fixture, _, _, _) = try await team()
        #expect(
            try await fixture.run(
                """
                SELECT object FROM nightshift.permission m
                 WHERE NOT EXISTS (SELECT 1 FROM pg_proc p WHERE p.proname = m.object AND p.pronamespace = 'nightshift'::regnamespace)
                   AND to_regclass('nightshift.' || quote_ident(m.object)) IS NULL
                """
            ).map { try $0.text("object") } == [])
        #expect(
            try await fixture.run(
                """
                SELECT p.proname AS name FROM pg_proc p CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                 WHERE p.pronamespace = 'nightshift'::regnamespace AND a.grantee = 0
                """
            ).map { try $0.text("name") } == [])
        #expect(
            try await fixture.run(
                """
                SELECT p.proname AS name FROM pg_proc p WHERE p.pronamespace = 'nightshift'::regnamespace AND p.prosecdef
                   AND NOT coalesce(p.proconfig::text LIKE '%search_path=pg_catalog, pg_temp%', false)
                """
            ).map { try $0.text("name") } == [])
    }

    /// Whatever listens learns no more than that there is something to look at.
    @Test func notificationsCarryNothing() async throws {
        let fixture = try await StoreFixture.make()
        let listener = try await PostgresConnection.connect(PostgresAddress(url: fixture.url))
        var payloads: [AsyncStream<PostgresNotification>.Iterator] = []
        for channel in [Store.workChannel, Store.planChannel] {
            payloads.append(try await listener.listen(channel).makeAsyncIterator())
        }
        _ = try await fixture.decide(0, units: StoreFixture.units(1))
        let session = try await fixture.worker()
        _ = try await fixture.store.report(session: session, try await fixture.lease(session).flatMap(StoreFixture.results))
        try await fixture.store.steer(study: fixture.study, "cancel", message: "a secret")
        for index in payloads.indices { #expect(try #require(await payloads[index].next()).payload == "") }
        await listener.close()
    }
}
