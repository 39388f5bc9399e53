import Foundation
import Glibc
import JSON
import TestSupport
import Testing

/// Coordinators and workers as processes of their own on one database.
@Suite(.serialized) struct TeamTests {
    private func database(_ bench: Workbench) async throws -> String {
        let url = try await TestCluster.shared.makeDatabase()
        let answer = try await bench.run("db", "migrate", database: url)
        try #require(answer.status == 0, "\(answer.errors)")
        #expect(try await bench.run("db", "migrate", "--json", database: url).json["applied"] == [])
        return url
    }

    private func waitForEnd(
        _ bench: Workbench, _ url: String, study: String = "support-routing", _ limit: Duration = .seconds(90)
    ) async throws -> JSON {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            let status = try await bench.run("status", study, "--json", database: url).json
            if let state = status["study"]?["state"]?.stringValue,
                ["finished", "failed", "cancelled"].contains(state)
            {
                return status
            }
            try await Task.sleep(for: .milliseconds(300))
        }
        Issue.record("the study did not end")
        return .null
    }

    /// A worker that waits for one study's provider works for others, burns nothing, and everybody sees what is waited for.
    @Test(.timeLimit(.minutes(10))) func aProviderThatIsAwayHoldsItsStudiesOnly() async throws {
        let quiet = try await Workbench()
        try #require(try await quiet.run("compile", quiet.study.path, "--quiet").status == 0)
        let (away, here) = (try await Workbench(), try await Workbench())
        try here.write(try here.text(of: "study.yaml").replacing("name: support-routing", with: "name: other"), to: "study.yaml")
        let url = try await database(away)
        try await away.lm.configure(["fault_rate": 1])
        let coordinator = try away.start("coordinator", database: url)
        func start() throws -> Child { try away.start("worker", "--concurrency", "16", "--metrics", "0", database: url) }
        var worker = try start()
        #expect(try await away.run("submit", away.study.path, database: url).status == 0)
        var shown = JSON.null
        for _ in 0..<200 {
            shown = try await away.run("status", "support-routing", "--json", database: url).json["study"] ?? .null
            if shown["state"] == "waiting" { break }
            try await Task.sleep(for: .milliseconds(300))
        }
        #expect(shown["message"]?.stringValue?.hasPrefix("waiting for provider: \(away.lm.baseURL)") == true, "\(shown)")
        let isAway = "nightshift_lm_provider_away{endpoint=\"\(away.lm.baseURL)\"}"
        #expect(try await away.metrics(of: worker)[isAway] == 1)
        // A worker that is told to end does not wait for a provider to come back.
        let told = ContinuousClock.now
        worker.signal(SIGTERM)
        #expect(await worker.wait() == 0)
        #expect(.now - told < .seconds(20))
        worker = try start()
        #expect(try await here.run("submit", here.study.path, database: url).status == 0)
        #expect(try await waitForEnd(here, url, study: "other")["study"]?["state"] == "finished")
        #expect(try await away.run("status", "support-routing", "--json", database: url).json["study"]?["state"] == "waiting")
        try await away.lm.configure(["fault_rate": 0])
        #expect(try await waitForEnd(away, url)["study"]?["state"] == "finished")
        let counted = try await away.metrics(of: worker)
        #expect(counted[isAway] == 0 && counted["nightshift_lm_wait_seconds_sum{for=\"provider\"}", default: 0] > 1, "\(counted)")
        #expect(try await away.trials("support-routing", database: url) == quiet.trials())
        for child in [worker, coordinator] { child.signal(SIGTERM) }
        for child in [worker, coordinator] { #expect(await child.wait() == 0) }
    }

    /// With four workers, one killed every two seconds and another started, nothing changes in the table.
    @Test(.timeLimit(.minutes(10))) func workersDie() async throws {
        let quiet = try await Workbench(latencyMilliseconds: 150)
        #expect(try await quiet.run("compile", quiet.study.path, "--quiet", "--concurrency", "64").status == 0)

        let bench = try await Workbench(latencyMilliseconds: 150)
        let url = try await database(bench)
        let coordinator = try bench.start("coordinator", database: url)
        func worker() throws -> Child { try bench.start("worker", "--concurrency", "4", "--session", "3", database: url) }
        var workers = try (0..<4).map { _ in try worker() }
        #expect(try await bench.run("submit", bench.study.path, database: url).status == 0)
        var killed = 0
        while true {
            try await Task.sleep(for: .seconds(2))
            let status = try await bench.run("status", "support-routing", "--json", database: url).json
            if status.serialized().contains("\"finished\"") { break }
            workers[killed % 4].signal(SIGKILL)
            await workers[killed % 4].wait()
            workers[killed % 4] = try worker()
            killed += 1
            try #require(killed < 60, "the study does not end")
        }
        #expect(killed >= 2)
        #expect(try await bench.trials("support-routing", database: url) == quiet.trials())
        for child in workers { child.signal(SIGTERM) }
        coordinator.signal(SIGTERM)
        for child in workers { #expect(await child.wait() == 0, "SIGTERM drains") }
        #expect(await coordinator.wait() == 0)
    }

    /// A second coordinator takes over when the first dies.
    @Test(.timeLimit(.minutes(10))) func coordinatorDies() async throws {
        let bench = try await Workbench(latencyMilliseconds: 100)
        let url = try await database(bench)
        let first = try bench.start("coordinator", "--term", "2", database: url)
        let worker = try bench.start("worker", "--concurrency", "8", database: url)
        #expect(try await bench.run("submit", bench.study.path, database: url).status == 0)
        try await Task.sleep(for: .seconds(2))
        let second = try bench.start("coordinator", "--term", "2", database: url)
        try await Task.sleep(for: .seconds(1))
        first.signal(SIGKILL)
        await first.wait()
        _ = try await waitForEnd(bench, url)
        #expect(!second.standardError.isEmpty)
        let trials = try await bench.trials("support-routing", database: url)
        #expect(trials.count > 3)
        try await look(bench, url)
        for child in [worker, second] {
            child.signal(SIGTERM)
            await child.wait()
        }
    }

    /// A study runs from submission to its end with each process under a role that may do no more than its part.
    @Test(.timeLimit(.minutes(10))) func everyProcessHasItsOwnRole() async throws {
        let bench = try await Workbench(latencyMilliseconds: 5)
        let url = try await database(bench)
        let team = "t\(UUID().uuidString.prefix(8).lowercased())"
        let made = try await bench.run("db", "roles", "--team", team, "--json", database: url)
        #expect(made.json["roles"]?.arrayValue?.count == 4, "\(made.errors)")
        func login(_ kind: String) -> String { url.replacing("user=nightshift", with: "user=\(team)_\(kind)") }
        let coordinator = try bench.start("coordinator", database: login("coordinator"))
        let worker = try bench.start("worker", "--concurrency", "16", database: login("worker"))
        let refused = try await bench.run("submit", bench.study.path, database: login("viewer"))
        #expect(refused.status == 4 && refused.errors.contains("permission denied"))
        #expect(refused.errors.contains("nightshift db roles") && !refused.errors.contains("SELECT"), "\(refused.errors)")
        for kind in ["worker", "member", "viewer"] {
            let idle = try bench.start("coordinator", database: login(kind))
            #expect(await idle.wait(atMost: .seconds(30)) == 4, "a \(kind) may not coordinate")
            let lines = idle.standardError.split(separator: "\n")
            #expect(lines.count == 1 && lines[0].contains("permission denied for function to_lead"), "\(lines)")
        }
        #expect(try await bench.run("compile", bench.study.path, "--quiet", database: login("member")).status == 0)
        let status = try await bench.run("status", "support-routing", "--json", database: login("viewer")).json
        #expect(status["study"]?["state"] == "finished")
        let events = try await bench.run("events", "support-routing", "--json", database: login("viewer")).json.arrayValue ?? []
        #expect(
            events.first?["actor"]?.stringValue == "\(team)_member" && events.last?["actor"]?.stringValue == "\(team)_coordinator"
        )
        #expect(try await bench.run("studies", "--json", database: url).json == [], "the owner's own team has none")
        for child in [worker, coordinator] {
            child.signal(SIGTERM)
            #expect(await child.wait() == 0)
        }
    }

    /// What the verbs that only look say of a study that has ended.
    private func look(_ bench: Workbench, _ url: String) async throws {
        let watched = try await bench.run("watch", "support-routing", "--json", database: url)
        #expect(watched.json["study"]?["state"] == "finished", "one document, as it has ended")
        let difference = try await bench.run("diff", "support-routing", "0", "1", "--json", database: url).json
        #expect(difference["trials"]?[1]?["number"] == 1 && difference["predictors"]?.arrayValue?.isEmpty == false)
        let events = try await bench.run("events", "support-routing", "--json", database: url).json.arrayValue ?? []
        let kinds = events.compactMap { $0["kind"]?.stringValue }
        #expect(kinds.first == "study.submitted" && kinds.last == "study.finished" && kinds.count { $0 == "study.led" } == 2)
        #expect(events.allSatisfy { $0["actor"] == "nightshift" })
        let check = try await bench.run("db", "check", "--json", database: url)
        #expect(check.status == 4 && check.json["ok"] == false, "the tests' server runs without fsync")
        let archive = bench.folder.appendingPathComponent("archive.jsonl")
        for age in ["6m", "0s", "1h30m"] {
            let refused = try await bench.run("db", "prune", "--older-than", age, "-o", archive.path, database: url)
            #expect(refused.status == 2 && refused.errors.contains("hours (h) and days (d) only"), "\(age): \(refused)")
        }
        let pruned = try await bench.run("db", "prune", "--older-than", "0h", "-o", archive.path, "--json", database: url)
        #expect(pruned.json["studies"]?.arrayValue?.count == 1, "\(pruned.errors)")
        let lines = try String(contentsOf: archive, encoding: .utf8).split(separator: "\n")
        #expect(lines.first?.hasPrefix("{\"table\": \"team\"") == true && lines.count > 300)
        #expect(
            try await bench.run("db", "prune", "--older-than", "0h", "-o", archive.path, database: url).status == 0,
            "nothing is left")
        #expect(try await bench.run("status", "support-routing", database: url).status == 2)
    }

    @Test(.timeLimit(.minutes(10))) func pausedResumedCancelled() async throws {
        let bench = try await Workbench(latencyMilliseconds: 100)
        let url = try await database(bench)
        let coordinator = try bench.start("coordinator", database: url)
        let worker = try bench.start("worker", "--concurrency", "4", database: url)
        #expect(try await bench.run("submit", bench.study.path, database: url).status == 0)
        try await Task.sleep(for: .seconds(1))
        #expect(try await bench.run("pause", "support-routing", "--json", database: url).json["study"]?["state"] == "paused")
        try await Task.sleep(for: .seconds(1))
        let calls = try await bench.lm.calls()
        try await Task.sleep(for: .seconds(1))
        #expect(try await bench.lm.calls() == calls, "a paused study gives out no work")
        #expect(try await bench.run("resume", "support-routing", "--json", database: url).json["study"]?["state"] == "running")
        try await Task.sleep(for: .seconds(1))
        #expect(try await bench.lm.calls() > calls)
        #expect(try await bench.run("cancel", "support-routing", "--json", database: url).json["study"]?["state"] == "cancelled")
        #expect(try await bench.run("resume", "support-routing", database: url).status == 2)
        for child in [worker, coordinator] {
            child.signal(SIGTERM)
            await child.wait()
        }
    }
}
