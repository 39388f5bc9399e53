import Foundation
import Glibc
import Postgres
import TestSupport
import Testing

/// Whoever plans a study dies, or stops and wakes up in the belief that it still leads.
@Suite(.serialized) struct LeadershipTests {
    /// The number of the lead's change of hands, and who has it; asked until `isWanted`.
    private func lead(
        _ team: ChaosTeam, _ isWanted: (_ term: Int, _ place: Int) -> Bool
    ) async throws -> (term: Int, place: Int) {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            let term = try await team.query("SELECT term FROM nightshift.leader WHERE until > clock_timestamp() LIMIT 1")
            if let term = try term.first?.int("term"), let place = try await team.leader(), isWanted(term, place) {
                return (term, place)
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw ChaosError(description: "nobody takes the lead")
    }

    private func withTeam(term: Int, _ body: (ChaosTeam) async throws -> Void) async throws {
        let team = try await ChaosTeam(latencyMilliseconds: 60, ChaosTeam.Plan(workers: 2, term: term))
        do { try await body(team) } catch {
            await team.stop()
            throw error
        }
        await team.stop()
    }

    private func waitForEnd(_ team: ChaosTeam) async throws {
        let deadline = ContinuousClock.now + .seconds(240)
        while try await team.state(of: "led") != "finished" {
            try #require(ContinuousClock.now < deadline, "the study does not end")
            try await Task.sleep(for: .milliseconds(100))
        }
        try await team.verify("led")
    }

    /// The default term.
    @Test(.timeLimit(.minutes(10))) func anotherTakesOverFromTheKilled() async throws {
        try await withTeam(term: 6) { team in try await takeOver(team) }
    }

    private func takeOver(_ team: ChaosTeam) async throws {
        try await team.submit("led")
        let first = try await lead(team) { _, _ in true }
        let start = ContinuousClock.now
        try await team.killCoordinator(first.place)
        let second = try await lead(team) { term, _ in term > first.term }
        let took = ContinuousClock.now - start
        print("leadership: taken over \(took / .seconds(1)) s after SIGKILL, with a term of 6 s")
        #expect(second.term == first.term + 1)
        try await waitForEnd(team)
    }

    /// The frozen one is told that its lead was renewed, so that nothing but the fence can stop it when it wakes up.
    @Test(.timeLimit(.minutes(10))) func whoWakesUpAndBelievesToLeadIsRefused() async throws {
        try await withTeam(term: 2) { team in try await freezeTheLeader(of: team) }
    }

    private func freezeTheLeader(of team: ChaosTeam) async throws {
        try await team.run(
            """
            ALTER FUNCTION nightshift.lead(bigint, uuid, json, double precision) RENAME TO lead_truly;
            CREATE TABLE nightshift.chaos_belief (holder uuid PRIMARY KEY, term bigint);
            CREATE FUNCTION nightshift.lead(p_study bigint, p_holder uuid, p_info json, p_ttl_s double precision) RETURNS bigint
            LANGUAGE plpgsql AS $$
            DECLARE v_term bigint := nightshift.lead_truly(p_study, p_holder, p_info, p_ttl_s);
            BEGIN
                IF v_term IS NULL THEN RETURN (SELECT b.term FROM nightshift.chaos_belief b WHERE b.holder = p_holder); END IF;
                INSERT INTO nightshift.chaos_belief VALUES (p_holder, v_term) ON CONFLICT (holder) DO UPDATE SET term = excluded.term;
                RETURN v_term;
            END $$;
            """)
        try await team.submit("led")
        let first = try await lead(team) { _, _ in true }
        let believer = team.coordinators[first.place]
        believer.signal(SIGSTOP)
        _ = try await lead(team) { term, place in term > first.term && place != first.place }
        believer.signal(SIGCONT)
        // It says so and steps back; the database has refused what it wrote.
        let deadline = ContinuousClock.now + .seconds(60)
        while !believer.standardError.contains("another coordinator leads it now") {
            try #require(ContinuousClock.now < deadline, "it goes on: \(believer.standardError)")
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try await team.cluster.log.contains("another coordinator leads this study"))
        #expect(believer.isRunning)
        try await waitForEnd(team)
    }
}
