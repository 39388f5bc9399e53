import JSON
import Postgres
import Testing

/// What a study comes to when nobody disturbs it: its trial table, and each result of each example.
struct Undisturbed: Sendable {
    let trials: [JSON]
    let results: [String]

    /// Made once for all tests.
    static func shared() async throws -> Undisturbed { try await made.value }

    private static let made = Task { () async throws -> Undisturbed in
        let team = try await ChaosTeam(latencyMilliseconds: 0, ChaosTeam.Plan(workers: 2))
        try await team.submit("undisturbed")
        let deadline = ContinuousClock.now + .seconds(300)
        while try await team.state(of: "undisturbed") != "finished" {
            try #require(ContinuousClock.now < deadline, "an undisturbed study does not end")
            try await Task.sleep(for: .milliseconds(50))
        }
        let quiet = Undisturbed(
            trials: try await team.bench.trials("undisturbed", database: team.url), results: try await team.results(of: "undisturbed"))
        #expect(quiet.trials.count > 3 && quiet.results.count > 100)
        await team.stop()
        return quiet
    }
}

extension ChaosTeam {
    private func study(_ name: String) -> String { "(SELECT study_id FROM nightshift.study WHERE name = '\(name)')" }

    /// Which examples of which candidates were judged, and how.
    func results(of name: String) async throws -> [String] {
        try await query(
            """
            SELECT concat_ws(' ', candidate, split, example, rollout, outcome, score) AS line FROM nightshift.result
             WHERE study_id = \(study(name)) ORDER BY candidate, split, example, rollout
            """
        ).map { try $0.text("line") }
    }

    /// What must be true of a study that has ended, whatever happened to those who ran it.
    func verify(_ name: String) async throws {
        let expected = try await Undisturbed.shared()
        #expect(try await state(of: name) == "finished")
        #expect(try await bench.trials(name, database: url) == expected.trials, "the trial table of \(name)")
        // None is missing, none is there twice, none has another score.
        #expect(try await results(of: name) == expected.results, "the results of \(name)")
        #expect(try await count("nightshift.unit WHERE study_id = \(study(name))") == 0, "units are left of \(name)")
        #expect(try await count("nightshift.event WHERE study_id = \(study(name)) AND kind = 'unit.set_aside'") == 0)
        #expect(try await count("nightshift.check_integrity()") == 0)
        #expect(try await count("nightshift.check_tally()") == 0, "counters equal the rows")
        #expect(
            try await count(
                """
                nightshift.trial_overview t WHERE t.study_id = \(study(name)) AND t.examples <>
                (SELECT count(DISTINCT r.example) FROM nightshift.result r
                  WHERE r.study_id = t.study_id AND r.candidate = t.candidate AND r.split = 'val' AND r.score IS NOT NULL)
                """) == 0, "trials count the rows")
        #expect(
            try await count(
                """
                nightshift.decision d WHERE d.study_id = \(study(name)) AND d.term <
                (SELECT max(e.term) FROM nightshift.decision e WHERE e.study_id = d.study_id AND e.number < d.number)
                """) == 0, "terms rise with decisions")
        #expect(try await count("nightshift.unit u JOIN nightshift.session s USING (session) WHERE s.until < now()") == 0)
    }
}
